/** @file What merging projects computes: of plain data, so that nothing of it can change meanwhile. */
import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../deploy/differences.js';
import { backboneDifference } from '../deploy/match.js';
import { flowDifference } from '../deploy/match-flow.js';
import type { HostTensors } from '../engine/engine.js';
import { HeadgateError, show } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Fingerprint } from '../model/fingerprint.js';
import type { Parameter } from '../model/store.js';
import type { Note, Noted } from '../notes.js';
import { type Mask, packMask } from '../pathways/masks/mask.js';
import { type Interference, interferenceBetween } from '../pathways/merge/interference.js';
import { mergeParameters } from '../pathways/merge/merge.js';
import type { Merge, MergeMethodName } from '../pathways/merge/options.js';
import type { Pathway } from '../pathways/pathway.js';
import type { Learnt } from '../tasks/filled.js';
import type { TaskKind } from '../tasks/kind.js';
import { drawnWeights, keptAsTheyAre, scalesDiffer } from './notes/merging.js';
import type { Snapshot } from './snapshot.js';

/** What `merge` did. */
export interface Merging extends Noted {
  readonly method: MergeMethodName;
  /** Models that were merged, the project's own included. */
  readonly models: number;
  /** Of each two of them, how far they pull apart; 0 is the project itself, 1 the first of the others. */
  readonly interference: readonly Interference[];
  readonly toString: () => string;
}

/** A project as it was when `merge` was called. */
export interface MergedPart {
  /** What messages call it. */
  readonly label: string;
  readonly flow: Flow<TaskKind>;
  readonly fingerprint: Fingerprint;
  readonly parameters: readonly Parameter[];
  readonly pathways: readonly Pathway[];
  /** By parameter. */
  readonly values: HostTensors;
  readonly snapshot: Snapshot;
}

export interface MergeParts {
  readonly own: MergedPart;
  readonly others: readonly MergedPart[];
  /** For methods that take one. */
  readonly base: MergedPart | null;
  readonly options: Merge<unknown, ArrayLike<number | boolean>>;
}

export interface MergedParts {
  readonly parameters: HostTensors;
  readonly learnt: Learnt;
  readonly notes: readonly Note[];
  readonly merging: Omit<Merging, 'notes'>;
}

/** @throws HeadgateError `MERGE_MISMATCH`, `NON_FINITE_WEIGHTS`, and what `mergeParameters` throws */
export function mergeParts({ own, others, base, options }: MergeParts): MergedParts {
  for (const other of base === null ? others : [...others, base]) requireSameNetwork(own, other);
  const parts = [own, ...others];
  const models = parts.map(({ values }) => values);
  const labels = parts.map(({ label }) => label);
  const averages = new Set(own.parameters.filter(({ role }) => role === 'average').map(({ name }) => name));
  const { parameters, kept } = mergeParameters(models, complete(options, base, own), { averages, labels });
  requireFinite(parameters);
  const trained = Object.keys(parameters).filter(
    (name) => !averages.has(name) && parameters[name]?.dtype === 'float32',
  );
  const interference = interferenceBetween(models, trained, base?.values);
  const learnt = parts.map(({ snapshot }) => snapshot.learnt).reduce(completed);
  return {
    parameters,
    learnt,
    notes: [
      ...drawnWeights(own.flow.graph.name, own.snapshot),
      ...others.flatMap(({ label, snapshot }) => drawnWeights(label, snapshot)),
      ...others.flatMap(({ label, snapshot }) => scalesDiffer(label, learnt, snapshot.learnt)),
      ...keptAsTheyAre(kept),
    ],
    merging: merging(options.method, labels, interference),
  };
}

function merging(
  method: MergeMethodName,
  labels: readonly string[],
  interference: readonly Interference[],
): Omit<Merging, 'notes'> {
  const lines = interference.map(({ first, second, measure, value }) => {
    const what = measure === 'cosine' ? 'cosine' : 'opposite signs';
    return `  ${labels[first]} and ${labels[second]}: ${what} ${value === null ? '–' : value.toFixed(3)}`;
  });
  const text = [`${labels.length} models merged by ${method}`, ...lines].join('\n');
  return { method, models: labels.length, interference: Object.freeze(interference), toString: () => text };
}

/** What only one of two has learnt is known to both. */
function completed(own: Learnt, other: Learnt): Learnt {
  return {
    inputs: new Map([...other.inputs, ...own.inputs]),
    tasks: new Map([...other.tasks, ...own.tasks]),
  };
}

/** The options with parameters in place of a project, and packed masks in place of lists. */
function complete(options: MergeParts['options'], base: MergedPart | null, own: MergedPart): Merge<HostTensors, Mask> {
  if ('base' in options) return { ...options, base: base?.values ?? {} }; // it was read where the option is there
  if (options.method !== 'replace') return options;
  const shapes = new Map(own.parameters.map(({ name, shape }) => [name, shape]));
  const masks = Object.entries(options.masks).map(([name, values]): [string, Mask] => {
    // A name that no parameter bears is refused with the parameters' names, which is more than its size would say.
    return [name, packMask(`merge.masks.${name}`, shapes.get(name) ?? [values.length], values)];
  });
  return { ...options, masks: Object.fromEntries(masks) };
}

/** @throws HeadgateError `MERGE_MISMATCH` at the first difference of flow, layers or pathways */
function requireSameNetwork(own: MergedPart, other: MergedPart): void {
  const difference =
    flowDifference(other.flow.graph, own.flow) ??
    backboneDifference(other.fingerprint, own.fingerprint) ??
    pathwaysDifference(own.pathways, other.pathways);
  if (difference !== null) throw differs(difference, other.label);
}

/** Weights that one network sees through its masks mean nothing where another masks others. */
function pathwaysDifference(own: readonly Pathway[], other: readonly Pathway[]): Difference | null {
  const problem = 'The pathways are others.';
  const names = [own, other].map((list) => list.map(({ name }) => name).join(', ') || 'no pathways');
  if (names[0] !== names[1]) return { path: 'pathways', problem, expected: names[0], received: names[1] };
  const place = own.findIndex((pathway, i) => !isDeepStrictEqual(pathway, other[i]));
  const name = own[place]?.name;
  if (name === undefined) return null;
  return { path: `pathways.${name}`, problem, expected: 'the same masks', received: 'others' };
}

function differs({ path, expected, received }: Difference, label: string): HeadgateError {
  return new HeadgateError({
    code: 'MERGE_MISMATCH',
    path,
    problem: `${label} is another network than the project here; nothing was changed`,
    expected: show(expected),
    received: show(received),
    mend: 'Merge projects of one declaration.',
  });
}

/** @throws HeadgateError `NON_FINITE_WEIGHTS` */
function requireFinite(parameters: HostTensors): void {
  for (const [path, { data }] of Object.entries(parameters)) {
    const value = data.find((one) => !Number.isFinite(one));
    if (value === undefined) continue;
    throw new HeadgateError({
      code: 'NON_FINITE_WEIGHTS',
      path,
      problem: 'merging would make a weight that is no number; nothing was changed',
      received: String(value),
      mend: 'Look for a model with such a weight, or take a smaller scale.',
    });
  }
}
