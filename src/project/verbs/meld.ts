/** @file The verb `meld` of an extraction: what the small project has learnt goes back into the whole one. */
import { isDeepStrictEqual } from 'node:util';
import type { HostTensors } from '../../engine/engine.js';
import type { Noted } from '../../notes.js';
import { readOptions } from '../../options.js';
import {
  changedSince,
  type MeldedParameter,
  melded,
  requireUnchanged,
  type SeenElements,
} from '../../pathways/extract/meld.js';
import type { Origin } from '../../pathways/extract/origins.js';
import { extractedPathways } from '../../pathways/extract/pathways.js';
import type { Pathway } from '../../pathways/pathway.js';
import type { Thresholds } from '../../score/scores.js';
import type { Learnt } from '../../tasks/filled.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { type NoteOptions, noteSchema } from '../options/engine.js';
import type { ExtractedModel } from './extract.js';
import type { ExtractReport } from './extract-report.js';

/** What `meld` did. */
export interface Melding extends Noted {
  /** Paths of the tasks that were extracted. */
  readonly tasks: readonly string[];
  /** Parameters of the whole network of which the small one has elements. */
  readonly parameters: readonly MeldedParameter[];
  readonly toString: () => string;
  readonly print: () => void;
}

/** A smaller project, and its way back into the one that it was extracted from. */
export interface Extraction<P> {
  readonly project: P;
  readonly report: ExtractReport;
  /**
   * Writes what the small project has learnt since the extraction (or the last `meld`) back: weights that training moved,
   * thresholds, and what was learnt of labels. Afterwards the whole project predicts these tasks as the small one does.
   * Weights that only other tasks see stay as they are, to the bit; those that several tasks see change for all of them.
   *
   * @throws HeadgateError `MELD_CHANGED` at the first parameter that these tasks see and that has changed in the whole
   *   project since, `CANNOT_MELD`, `PROJECT_BUSY`, `DISPOSED`, `INVALID_OPTIONS`; nothing has changed then
   */
  readonly meld: (options?: NoteOptions) => Promise<Melding>;
}

/** A small project's way back into the whole one. */
export interface MeldState {
  readonly whole: Model;
  readonly small: Model;
  readonly tasks: ReadonlySet<string>;
  readonly origins: ReadonlyMap<string, Origin>;
  readonly seen: SeenElements;
  /** The whole network's pathways of the tasks. */
  readonly pathways: readonly Pathway[];
  /** How both were when one was last made of the other. */
  agreed: Agreed;
}

interface Agreed {
  /** The whole network's parameters. */
  readonly before: HostTensors;
  /** The small one's. */
  readonly start: HostTensors;
  readonly learnt: Learnt;
  readonly thresholds: Thresholds;
}

/** Gives a project that was just made what was extracted for it, and keeps where that came from. */
export function fillExtracted(whole: Model, small: Model, extracted: ExtractedModel): MeldState {
  const { network, takenOver, tasks, snapshot, pathways } = extracted;
  const paths = whole.flow.tasks.map(({ path }) => path);
  const own = extractedPathways({
    ...{ whole: whole.network, small: small.baseNetwork, paths, passes: network.passes },
  });
  small.takeOver({ ...takenOver, pathways: own });
  const names = new Map(small.network.held.map(({ name, variable }) => [variable, name]));
  const backbone = network.passes.flatMap(({ origins }) =>
    [...origins].flatMap(([variable, origin]): [string, Origin][] => {
      const name = names.get(variable);
      return name === undefined ? [] : [[name, origin]];
    }),
  );
  const { learnt, thresholds } = small.snapshot();
  return {
    ...{ whole, small, tasks },
    origins: new Map([...backbone, ...network.headOrigins]),
    seen: seenElements(extracted),
    pathways: ofTasks(pathways, tasks),
    agreed: {
      before: whole.network.store.split(snapshot.weights),
      start: small.network.store.read(),
      ...{ learnt, thresholds },
    },
  };
}

function seenElements({ network }: ExtractedModel): SeenElements {
  const seen = new Map<string, Uint8Array | null>();
  for (const { group, origins } of network.passes) {
    for (const { parameter, tensor } of origins.values()) {
      if (parameter === null || tensor === null) continue;
      const mask = parameter === tensor ? (group.reads.get(tensor) ?? null) : null;
      const known = seen.get(parameter);
      const isWhole = mask === null || known === null;
      seen.set(parameter, isWhole ? null : mask.map((value, i) => (value === 1 || known?.[i] === 1 ? 1 : 0)));
    }
  }
  for (const { parameter } of network.headOrigins.values()) if (parameter !== null) seen.set(parameter, null);
  return seen;
}

const ofTasks = (pathways: readonly Pathway[], tasks: ReadonlySet<string>): readonly Pathway[] =>
  pathways.filter((pathway) => pathway.tasks.some((path) => tasks.has(path)));

/** Writes what training moved. See `Extraction.meld`. */
export function meld(state: MeldState, given: unknown): Promise<Melding> {
  const { whole, small } = state;
  return whole.lock.changing('meld', async () => {
    const notes = whole.notes.open(readOptions('meld', noteSchema, given).onNote);
    small.lock.requireLive();
    const snapshot = small.snapshot();
    const now = small.network.store.split(snapshot.weights);
    requireAsExtracted(state);
    const { before, start } = state.agreed;
    const { weights, parameters } = melded({ ...state, before, start, now });
    const learnt = learntOf(state, snapshot.learnt);
    const thresholds = moved(state.agreed.thresholds, snapshot.thresholds);
    const isSame = parameters.every(({ written }) => written === 0) && learnt === whole.learnt;
    if (isSame) whole.keepThresholds(thresholds);
    else whole.takeOver({ weights, learnt, thresholds, pathways: whole.pathways });
    state.agreed = {
      ...{ before: { ...before, ...weights }, start: now },
      ...{ learnt: snapshot.learnt, thresholds: snapshot.thresholds },
    };
    return withNotes(melding([...state.tasks], parameters), notes);
  });
}

/** @throws HeadgateError `MELD_CHANGED` */
function requireAsExtracted({ whole, seen, pathways, tasks, agreed }: MeldState): void {
  const present = ofTasks(whole.pathways, tasks);
  for (const [i, { name }] of pathways.entries()) {
    const now = present[i];
    if (now?.name !== name) throw changedSince(`pathways.${name}`, 'no such pathway');
    if (!isDeepStrictEqual(now, pathways[i])) throw changedSince(`pathways.${name}`, 'a pathway of other weights');
  }
  const more = present[pathways.length];
  if (more !== undefined) throw changedSince(`pathways.${more.name}`, 'a pathway of its own');
  requireUnchanged(agreed.before, whole.network.store.read(), seen);
  const { inputs, tasks: kinds } = whole.learnt;
  for (const [name, own] of agreed.learnt.inputs) {
    if (!isDeepStrictEqual(own, inputs.get(name))) throw changedSince(`inputs.${name}`, 'standardised otherwise');
  }
  for (const [path, own] of agreed.learnt.tasks) {
    if (!isDeepStrictEqual(own, kinds.get(path))) throw changedSince(path, 'labels standardised otherwise');
  }
}

/** What the small project learnt of its rows besides the weights; the same object where that is nothing. */
function learntOf({ whole, agreed }: MeldState, learnt: Learnt): Learnt {
  const inputs = moved(agreed.learnt.inputs, learnt.inputs);
  const tasks = moved(agreed.learnt.tasks, learnt.tasks);
  if (inputs.size === 0 && tasks.size === 0) return whole.learnt;
  for (const name of inputs.keys()) {
    if (whole.learnt.inputs.has(name)) throw changedSince(`inputs.${name}`, 'standardised by other rows');
  }
  return {
    inputs: new Map([...whole.learnt.inputs, ...inputs]),
    tasks: new Map([...whole.learnt.tasks, ...tasks]),
  };
}

function moved<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...now].filter(([name, value]) => !isDeepStrictEqual(value, before.get(name))));
}

function melding(tasks: readonly string[], parameters: readonly MeldedParameter[]): Omit<Melding, 'notes'> {
  const lines = parameters.map(({ name, elements, written }) => {
    return `  ${name}: ${written.toLocaleString('en-US')} of ${elements.toLocaleString('en-US')} elements`;
  });
  const text = [`written back for ${tasks.join(', ')}`, ...lines].join('\n');
  return { tasks, parameters: Object.freeze(parameters), toString: () => text, print: () => console.log(text) };
}
