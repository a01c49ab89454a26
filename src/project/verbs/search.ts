/** @file The verb `pathways.search`. */
import type { BoundRows } from '../../data/bound-rows.js';
import { type DataLike, sourceIn } from '../../data/data-like.js';
import type { Dataset } from '../../data/dataset.js';
import type { Engine } from '../../engine/engine.js';
import { notesBelow } from '../../notes.js';
import {
  either,
  group,
  invalidOption,
  type OptionsOf,
  oneOf,
  optional,
  readOptions,
  text,
  unchecked,
  withDefault,
} from '../../options.js';
import { edgePopup } from '../../pathways/search/edge-popup.js';
import { createMeasurer, lossOfTasks, type Measurer } from '../../pathways/search/measure.js';
import { type MaskPool, maskPools, randomMask, type WeightMask, wholeMask } from '../../pathways/search/pools.js';
import { scoreProgram } from '../../pathways/search/program.js';
import { type SearchTry, type WeightMasks, weightMasksOf } from '../../pathways/search/result.js';
import { type SearchSettings, searchSettings } from '../../pathways/search/settings.js';
import type { Monitor } from '../../train/monitor.js';
import { metricMonitor } from '../../train/monitor.js';
import { createTurns } from '../../train/turns.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { type NoteCollector, withNotes } from '../notes/channel.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { type EngineOptions, engineSchema } from '../options/engine.js';
import type { Resolved } from '../pathways/resolved.js';
import { seen } from '../pathways/seen.js';
import { tasksAt } from '../pathways/ways.js';
import { labelledRows } from './reading.js';
import { trainingFeed } from './training-rows.js';

export interface SearchOptions extends SearchSettings, EngineOptions {
  /** Rows on which the result is measured. Default: those that masks are looked for with. */
  readonly validation?: DataLike | undefined;
}

const WHERE = 'pathways.search';

const schema = {
  ...searchSettings,
  monitor: withDefault(either(oneOf(['loss']), group({ task: text, metric: text })), 'loss'),
  validation: optional(unchecked<DataLike>('a table, an array of records, or a source')),
  ...engineSchema,
};

/** What the verb works on; nothing of it changes. */
interface Job {
  readonly model: Model;
  readonly own: Resolved;
  readonly options: OptionsOf<typeof schema>;
  /** In flow order. */
  readonly paths: readonly string[];
  readonly tasks: ReadonlySet<number>;
  readonly pools: readonly MaskPool[];
  readonly monitor: Monitor;
  readonly data: DataLike;
  readonly rows: BoundRows<Dataset>;
  readonly measured: BoundRows<Dataset>;
  readonly notes: NoteCollector;
}

/** Looks for a mask of weights, with the network at rest. See `ProjectPathways.search`. The caller holds the lock. */
export async function search(model: Model, data: DataLike, given: unknown, own: Resolved): Promise<WeightMasks> {
  const options = readOptions('pathways.search', schema, given);
  const { layout } = own;
  const asked = new Set(options.tasks.flatMap((path) => tasksAt(model.flow, path, `${WHERE}.tasks`)));
  const slots = layout.slots.filter(({ task }) => asked.has(task.path));
  const paths = slots.map(({ task }) => task.path);
  const tasks = new Set(slots.map(({ index }) => index));
  if (sourceIn(data)?.once === true) {
    throw invalidOption(`${WHERE}.data`, data, { expected: 'rows that can be read for each mask' });
  }
  const { include, exclude, sparsity, validation } = options;
  const pools = maskPools({ network: own.network, tasks, seenOf: seenBy(own, paths), include, exclude, sparsity });
  const monitor = monitorOf(own, options, paths, tasks);
  const notes = model.notes.open(options.onNote);
  const rows = labelledRows(layout, data, notes.add);
  const tell: NoteCollector['add'] = (about) => notes.add(notesBelow('validation', [about].flat()));
  const measured = validation === undefined ? rows : labelledRows(layout, validation, tell);
  const job = { model, own, options, paths, tasks, pools, monitor, data, rows, measured, notes };
  return withNotes(await withEngine(options, notes, (engine) => found(job, engine)), notes);
}

/** What any of the tasks sees of a kernel; null for all. */
function seenBy({ network, pathways }: Resolved, paths: readonly string[]): (kernel: string) => Uint8Array | null {
  return (kernel) => {
    const sets = paths.map((path) => {
      const pathway = pathways.find(({ tasks }) => tasks.includes(path));
      return pathway === undefined ? null : seen({ network }, pathway, kernel);
    });
    if (sets.includes(null)) return null;
    return Uint8Array.from({ length: sets[0]?.length ?? 0 }, (_, i) => (sets.some((set) => set?.[i] === 1) ? 1 : 0));
  };
}

/** @throws HeadgateError `UNKNOWN_TASK`, `UNKNOWN_METRIC`, `INVALID_OPTIONS` for a task that the mask is not for */
function monitorOf(
  { layout }: Resolved,
  { monitor }: Job['options'],
  paths: readonly string[],
  tasks: ReadonlySet<number>,
): Monitor {
  if (monitor === 'loss') return lossOfTasks(layout, tasks);
  const own = metricMonitor(layout, monitor, `${WHERE}.monitor`);
  if (paths.includes(monitor.task)) return own;
  throw invalidOption(`${WHERE}.monitor.task`, monitor.task, { expected: `one of the tasks: ${paths.join(', ')}` });
}

async function found(job: Job, engine: Engine): Promise<WeightMasks> {
  const { own, options, paths, pools, monitor, rows, measured } = job;
  const { network, layout, weights, thresholds } = own;
  const measurer = await createMeasurer({ engine, network, layout, weights, thresholds, pools, monitor });
  try {
    const tries: SearchTry[] = [];
    let best: { readonly place: number; readonly value: number; readonly mask: WeightMask } | null = null;
    const attempt = async (mask: WeightMask, loss: number | null): Promise<void> => {
      const value = await measurer.measure(mask, rows);
      const isBetter = value !== null && (best === null || better(monitor, value, best.value));
      if (isBetter) best = { place: tries.length, value, mask };
      tries.push({ value, loss });
    };
    const run = options.method === 'random' ? await drawn(job, attempt) : await trained(job, engine, attempt);
    const chosen = best as { readonly place: number; readonly value: number; readonly mask: WeightMask } | null; // set in a function
    const unmasked = await measurer.measure(wholeMask(pools), measured);
    const masked = chosen === null ? unmasked : await measuredAgain(measurer, chosen, job);
    const { method } = options;
    return weightMasksOf({
      ...{ pools, method, monitor: monitor.name, unmasked, masked, tries, tasks: paths, ...run },
      mask: chosen?.mask ?? null,
      best: chosen?.place ?? null,
    });
  } finally {
    measurer.dispose();
  }
}

function better({ direction }: Monitor, value: number, than: number): boolean {
  return direction === 'maximise' ? value > than : value < than;
}

function measuredAgain(
  { measure }: Measurer,
  { value, mask }: { readonly value: number; readonly mask: WeightMask },
  { rows, measured }: Job,
): Promise<number | null> {
  return rows === measured ? Promise.resolve(value) : measure(mask, measured);
}

type Attempt = (mask: WeightMask, loss: number | null) => Promise<void>;
type Run = Pick<WeightMasks, 'steps' | 'ended'>;

async function drawn({ options: { candidates, seed, signal }, pools }: Job, attempt: Attempt): Promise<Run> {
  const turn = createTurns();
  for (let candidate = 0; candidate < candidates; candidate++) {
    if (signal?.aborted === true) return { steps: 0, ended: 'aborted' };
    await attempt(randomMask(pools, seed, candidate), null);
    await turn();
  }
  return { steps: 0, ended: 'completed' };
}

async function trained(job: Job, engine: Engine, attempt: Attempt): Promise<Run> {
  const { model, own, options, pools, tasks, data, notes } = job;
  const { network, layout, weights } = own;
  const { epochs, learningRate, batchSize, seed, signal = null } = options;
  const training = { data, source: sourceIn(data), only: tasks };
  const facts = { layout, dataset: null, batchSize, seed, notes, trivial: trivialLosses(layout) };
  const { feed } = trainingFeed(model, training, facts);
  const program = scoreProgram({ network, layout, tasks, pools });
  let steps = 0;
  const loop = { engine, layout, feed, pools, epochs, learningRate, seed, signal };
  const ended = await edgePopup(program, weights, loop, async ({ mask, loss, steps: own }) => {
    steps += own;
    await attempt(mask, loss);
  });
  return { steps, ended };
}
