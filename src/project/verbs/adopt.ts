/** @file The verb `adopt`. */
import type { SavedPathways } from '../../deploy/saved-pathways.js';
import type { HostTensors } from '../../engine/engine.js';
import { HeadgateError, listed, show } from '../../errors.js';
import type { InputSpec, TaskNode } from '../../flow/graph.js';
import type { Fingerprint } from '../../model/fingerprint.js';
import type { Note } from '../../notes.js';
import { readOptions } from '../../options.js';
import type { Thresholds } from '../../score/scores.js';
import type { Learnt } from '../../tasks/filled.js';
import { type ClassTask, classesIn, withClasses } from '../classes.js';
import type { Model } from '../model.js';
import { noteSchema } from '../options/engine.js';
import { folderPath } from '../options/folder.js';
import { pathwaysFrom, savedPathways, withDrawn } from '../pathways/saved.js';

/** What a project knows, from wherever it comes. */
interface Known {
  readonly name: string;
  /** Kinds of the tasks, by path. */
  readonly kinds: ReadonlyMap<string, string>;
  /** Names of classes, by path of the tasks that have some. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly weights: HostTensors;
  readonly backbone: Fingerprint | null;
  readonly learnt: Learnt;
  readonly thresholds: Thresholds;
  readonly pathways: SavedPathways | null;
  readonly notes: readonly Note[];
}

/** Takes over what another project learnt of the tasks that both have. See `Project.adopt`. */
export function adopt(model: Model, from: unknown, options: unknown): Promise<void> {
  return model.lock.changing('adopt', async () => {
    const notes = model.notes.open(readOptions('adopt', noteSchema, options).onNote);
    const given = await knownOf(model, from);
    const known = withClasses(given, classTasks(model, given), model.baseNetwork.store.read());
    const shared = await fitting(model, known);
    notes.add(known.notes);
    const { baseNetwork: base } = model;
    const live = known.pathways?.live ?? new Map();
    const whole = withDrawn(known.weights, { live }, base.store.read());
    const { wholeParameters } = await import('../../deploy/match-pathways.js');
    const ofWhole = new Set(wholeParameters(known.pathways, model.declared()).map(({ name }) => name));
    const copies = new Set((known.pathways?.list ?? []).map(({ name }) => `pathway/${name}/`));
    const isTaken = (name: string): boolean =>
      name.startsWith('backbone/') ||
      ofWhole.has(name) ||
      [...copies].some((prefix) => name.startsWith(prefix)) ||
      [...shared].some((path) => name === `head/${path}/kernel` || name === `head/${path}/bias`);
    model.takeOver({
      weights: Object.fromEntries(Object.entries(whole).filter(([name]) => isTaken(name))),
      pathways: pathwaysFrom(known.pathways, base),
      learnt: {
        inputs: known.learnt.inputs,
        tasks: new Map([...known.learnt.tasks].filter(([path]) => shared.has(path))),
      },
      thresholds: new Map([...known.thresholds].filter(([path]) => shared.has(path))),
    });
  });
}

async function knownOf(model: Model, from: unknown): Promise<Known> {
  if (typeof from === 'string') {
    const path = folderPath.read(from, 'adopt.from');
    const { load } = await import('../../deploy/load.js');
    const loaded = await model.disk.take(() => load(path));
    const { leavesOf } = await import('../../deploy/match-flow.js');
    const leaves = leavesOf(loaded.graph.root);
    const kinds = new Map(leaves.map(({ path: task, kind }) => [task, kind]));
    const classes = namesOfClasses(leaves);
    return { ...loaded, name: path, kinds, classes, inputs: loaded.graph.inputs };
  }
  const other = from as Model; // `Project.adopt` gives nothing else
  if (typeof other !== 'object' || other === null || !('snapshot' in other)) {
    throw new HeadgateError({
      code: 'INVALID_OPTIONS',
      path: 'adopt.from',
      problem: 'this is neither a project nor a folder',
      expected: 'a project, or the folder that one was saved in',
      received: show(from),
    });
  }
  const { weights, thresholds, learnt } = other.snapshot();
  const { store, fingerprint } = other.network;
  return {
    name: other.name,
    kinds: new Map(other.flow.tasks.map(({ path, kind }) => [path, kind.kind])),
    classes: namesOfClasses(other.flow.tasks.map(({ path, kind }) => ({ path, options: kind.options }))),
    inputs: other.flow.graph.inputs,
    weights: store.split(weights),
    backbone: fingerprint,
    learnt,
    thresholds,
    pathways: savedPathways(other.pathways, other.network),
    notes: [],
  };
}

function namesOfClasses(tasks: readonly Pick<TaskNode, 'path' | 'options'>[]): Known['classes'] {
  return new Map(
    tasks.flatMap(({ path, options }): [string, readonly string[]][] => {
      const classes = classesIn(options);
      return classes === undefined ? [] : [[path, classes]];
    }),
  );
}

/** Tasks of one kind that tell classes apart, in both. */
function classTasks({ flow }: Model, { kinds, classes }: Known): readonly ClassTask[] {
  return flow.tasks.flatMap(({ path, kind }) => {
    const theirs = classes.get(path);
    return theirs === undefined || kinds.get(path) !== kind.kind ? [] : [{ path, kind, theirs }];
  });
}

/** The tasks that both have. */
async function fitting(model: Model, known: Known): Promise<ReadonlySet<string>> {
  const { kinds, backbone, inputs, pathways } = known;
  const { flow } = model;
  const shared = new Set(flow.tasks.filter(({ path, kind }) => kinds.get(path) === kind.kind).map(({ path }) => path));
  const ours = Object.keys(flow.graph.inputs);
  if (shared.size === 0 || listed(ours) !== listed(Object.keys(inputs))) {
    throw new HeadgateError({
      code: 'FLOW_MISMATCH',
      path: known.name,
      problem: shared.size === 0 ? 'no task is in both' : 'the inputs are others',
      expected: shared.size === 0 ? listed(flow.tasks.map(({ path }) => path)) : listed(ours),
      received: shared.size === 0 ? listed(kinds.keys()) : listed(Object.keys(inputs)),
      mend: 'Adopt from a project that declares the same inputs, backbone and some of the same tasks.',
    });
  }
  const { requireAdoptable, requireColumnStates } = await import('../../deploy/match.js');
  requireColumnStates(known.learnt, flow.graph.inputs, inputs);
  requireAdoptable({ pathways, backbone, weights: known.weights }, model.declared(), shared);
  return shared;
}
