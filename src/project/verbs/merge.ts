/** @file The verb `merge`. */

import type { Difference } from '../../deploy/differences.js';
import { backboneDifference } from '../../deploy/match.js';
import { flowDifference } from '../../deploy/match-flow.js';
import type { HostTensors } from '../../engine/engine.js';
import { HeadgateError, show } from '../../errors.js';
import type { Noted } from '../../notes.js';
import { invalidOption } from '../../options.js';
import { type Mask, packMask } from '../../pathways/masks/mask.js';
import { type Interference, interferenceBetween } from '../../pathways/merge/interference.js';
import { mergeParameters } from '../../pathways/merge/merge.js';
import type { Merge, MergeMethodName } from '../../pathways/merge/options.js';
import type { Learnt } from '../../tasks/filled.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { drawnWeights, keptAsTheyAre, scalesDiffer } from '../notes/merging.js';
import { readMerge } from '../options/merge.js';

/** What `merge` did. */
export interface Merging extends Noted {
  readonly method: MergeMethodName;
  /** Models that were merged, the project's own included. */
  readonly models: number;
  /** Of each two of them, how far they pull apart; 0 is the project itself, 1 the first of the others. */
  readonly interference: readonly Interference[];
  readonly toString: () => string;
}

/** The model of a project; undefined for what is none. @throws HeadgateError `DISPOSED` */
export type ModelOf = (project: unknown) => Model | undefined;

/** Merges the weights of other projects into this one's. See `Project.merge`. */
export function mergeProjects(model: Model, others: unknown, given: unknown, modelOf: ModelOf): Promise<Merging> {
  return model.lock.changing('merge', async () => {
    const { options, onNote } = readMerge(given);
    const notes = model.notes.open(onNote);
    const models = [model, ...requireProjects(others, modelOf)];
    const labels = models.map((_, i) => (i === 0 ? 'the project' : `others[${i - 1}]`));
    models.forEach((other, i) => void requireSameNetwork(model, other, labels[i] ?? ''));
    const base = 'base' in options ? requireBase(options.base, model, modelOf) : undefined;

    const snapshots = models.map((one) => one.snapshot());
    const learnt = snapshots.map((one) => one.learnt).reduce(completed);
    const parameters = models.map((one, i) => one.network.store.split(snapshots[i]?.weights ?? {}));
    const averages = new Set(
      model.network.store.parameters.filter(({ role }) => role === 'average').map(({ name }) => name),
    );
    const result = mergeParameters(parameters, complete(options, base, model), { averages, labels });
    requireFinite(result.parameters);
    const trained = Object.keys(result.parameters).filter(
      (name) => !averages.has(name) && result.parameters[name]?.dtype === 'float32',
    );
    const interference = interferenceBetween(parameters, trained, base);

    // First: a listener that throws ends the verb, and nothing has changed.
    notes.add(snapshots.flatMap((one, i) => drawnWeights(i === 0 ? model.name : (labels[i] ?? ''), one)));
    notes.add(snapshots.slice(1).flatMap((one, i) => scalesDiffer(labels[i + 1] ?? '', learnt, one.learnt)));
    notes.add(keptAsTheyAre(result.kept));
    const { thresholds, pathways } = model;
    model.takeOver({ weights: result.parameters, thresholds, pathways, learnt });
    return withNotes(merging(options.method, labels, interference), notes);
  });
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

/** The options with parameters in place of projects, and packed masks in place of lists. */
function complete(
  options: Merge<unknown, ArrayLike<number | boolean>>,
  base: HostTensors | undefined,
  model: Model,
): Merge<HostTensors, Mask> {
  if ('base' in options) return { ...options, base: base ?? {} }; // it was read where the option is there
  if (options.method !== 'replace') return options;
  const shapes = new Map(model.network.store.parameters.map(({ name, shape }) => [name, shape]));
  const masks = Object.entries(options.masks).map(([name, values]): [string, Mask] => {
    // A name that no parameter bears is refused with the parameters' names, which is more than its size would say.
    return [name, packMask(`merge.masks.${name}`, shapes.get(name) ?? [values.length], values)];
  });
  return { ...options, masks: Object.fromEntries(masks) };
}

function requireProjects(others: unknown, modelOf: ModelOf): readonly Model[] {
  const expected = 'a list of at least one other project';
  if (!Array.isArray(others) || others.length === 0) throw invalidOption('merge.others', others, { expected });
  return others.map((other: unknown, i) => requireProject(`merge.others[${i}]`, other, modelOf));
}

function requireProject(path: string, project: unknown, modelOf: ModelOf): Model {
  const model = modelOf(project);
  if (model !== undefined) return model;
  throw invalidOption(path, project, { expected: 'a Project' });
}

function requireBase(base: unknown, model: Model, modelOf: ModelOf): HostTensors {
  const other = requireProject('merge.base', base, modelOf);
  requireSameNetwork(model, other, 'the base');
  return other.network.store.split(other.snapshot().weights);
}

/** @throws HeadgateError `MERGE_MISMATCH` at the first difference of flow or layers */
function requireSameNetwork(own: Model, other: Model, label: string): void {
  const difference =
    flowDifference(other.flow.graph, own.flow) ??
    backboneDifference(other.network.fingerprint, own.network.fingerprint);
  if (difference !== null) throw differs(difference, label);
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
