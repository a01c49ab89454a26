/** @file The verb `pathways.sparsest`. */
import type { DataLike } from '../../data/data-like.js';
import { sourceIn } from '../../data/data-like.js';
import { HeadgateError } from '../../errors.js';
import { startValidation } from '../../evaluate/validation.js';
import { invalidOption, type OptionsOf, readOptions } from '../../options.js';
import type { Settings } from '../../pathways/assign/settings.js';
import { reachOf } from '../../pathways/reach.js';
import { highestFitting } from '../../pathways/sparsify/bisection.js';
import { ones } from '../../pathways/sparsify/prune.js';
import { requirePieces } from '../../pathways/sparsify/require-schedule.js';
import { type Sparsest, type SparsityTry, sparsestTable } from '../../pathways/sparsify/sparsest-table.js';
import { sparsify } from '../../pathways/sparsify/sparsify.js';
import { startingPathways } from '../../pathways/sparsify/start.js';
import type { Layout } from '../../tasks/layout.js';
import { lossMonitor, type Monitor, metricMonitor } from '../../train/monitor.js';
import { sgd } from '../../train/optimizers/sgd.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { type NoteCollector, withNotes } from '../notes/channel.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { fitSchema } from '../options/fit.js';
import { sparsestSchema } from '../options/sparsest.js';
import { sparsifyFacts } from '../pathways/declared.js';
import { keepsakeOf, putBack } from '../pathways/keepsake.js';
import { waysOf } from '../pathways/ways.js';
import { fitWithin } from './fit.js';
import { labelledRows } from './reading.js';
import { lookAt, trainingFeed } from './training-rows.js';

type Options = OptionsOf<typeof sparsestSchema>;

interface Search {
  readonly model: Model;
  readonly data: DataLike;
  readonly validation: DataLike;
  readonly options: Options;
  readonly settings: Settings;
  readonly monitor: Monitor;
  readonly notes: NoteCollector;
}

/** Finds the highest sparsity within a budget. See `ProjectPathways.sparsest`. */
export function sparsest(model: Model, data: DataLike, given: unknown): Promise<Sparsest> {
  return model.lock.changing('sparsest', async () => {
    const options = readOptions('pathways.sparsest', sparsestSchema, given);
    const search = searchOf(model, data, options);
    const { monitor, notes } = search;
    const before = keepsakeOf(model);
    const dense = await measured(search);
    if (dense === null) throw undefinedValue(monitor);
    // Of what there was before the first try: a bar that followed the tries would creep.
    const bar = monitor.direction === 'minimise' ? dense + options.budget : dense - options.budget;
    const isWithin = (value: number | null): boolean =>
      value !== null && (monitor.direction === 'minimise' ? value <= bar : value >= bar);
    const tries: SparsityTry[] = [];
    let good = before;
    let best: SparsityTry | null = null;
    let ended: Sparsest['ended'] = 'completed';
    const attempt = async (sparsity: number): Promise<boolean | null> => {
      putBack(model, good);
      const tuned = options.signal?.aborted === true ? null : await prunedAndTuned(search, sparsity);
      if (tuned === null) {
        ended = 'aborted';
        return null;
      }
      const { actual, epochs } = tuned;
      const value = await measured(search);
      const own = { sparsity, actual, value, fits: isWithin(value), epochs };
      tries.push(own);
      if (own.fits) {
        good = keepsakeOf(model);
        best = own;
      }
      return own.fits;
    };
    const now = model.pathways.length === 0 ? 0 : sparsityNow(model);
    const least = Math.max(options.least, now);
    try {
      const { most, precision } = options;
      await highestFitting({ least, most, precision, leastIsGood: options.least <= now }, attempt);
    } catch (error) {
      putBack(model, before);
      throw error;
    }
    putBack(model, good);
    return withNotes(sparsestTable({ tries, best, ended, monitor: monitor.name, dense, bar }), notes);
  });
}

/** @throws HeadgateError `INVALID_OPTIONS`, `NOT_TRAINED`, `UNKNOWN_TASK`, `UNKNOWN_METRIC` */
function searchOf(model: Model, data: DataLike, options: Options): Search {
  const { validation, least, most, monitor: given, granularity } = options;
  const { layout, flow, pathways } = model;
  if (validation === undefined) {
    throw invalidOption('pathways.sparsest.validation', validation, { expected: 'rows to measure on' });
  }
  if (least > most) throw invalidOption('pathways.sparsest.least', least, { expected: `at most \`most\`, ${most}` });
  requirePieces('pathways.sparsest', granularity);
  if (model.snapshot().isDrawn) {
    throw new HeadgateError({
      code: 'NOT_TRAINED',
      path: model.name,
      problem: 'the weights are as they were drawn: whatever is pruned of them is no worse',
      expected: 'a project that was fit or loaded',
      mend: 'Call `fit` first.',
    });
  }
  if (sourceIn(data)?.once === true) {
    throw invalidOption('pathways.sparsest.data', data, { expected: 'rows that can be read for each try' });
  }
  const covered = new Set(pathways.flatMap(({ tasks }) => tasks));
  const isPossible = pathways.every(({ units, trains }) => units === null && trains.size === 0);
  if (pathways.length > 0 && (!isPossible || covered.size < flow.tasks.length)) {
    throw invalidOption('pathways.sparsest', pathways.map(({ name }) => name).join(', '), {
      expected: 'no pathways yet, or for every task one of weights that reads no others',
      mend: 'Remove them first: `project.pathways.remove(name)`.',
    });
  }
  if (pathways.length === 0 && options.exclusive && waysOf(flow, [], undefined).size > 1) {
    throw invalidOption('pathways.sparsest.exclusive', true, {
      expected: 'false: what exclusive pathways begin with is less than the network that is the measure',
    });
  }
  const monitor =
    given === undefined || given === 'loss'
      ? lossMonitor(layout)
      : metricMonitor(layout, given, 'pathways.sparsest.monitor');
  const settings: Settings = { ...options, sparsity: 0, readsOthers: false };
  return { model, data, validation, options, settings, monitor, notes: model.notes.open(options.onNote) };
}

/** The network's pathways with this sparsity, fine-tuned; the weights are those of the best epoch. Null when it was aborted. */
async function prunedAndTuned(
  { model, data, validation, options, settings, notes }: Search,
  sparsity: number,
): Promise<{ readonly actual: number; readonly epochs: number } | null> {
  const { flow, pathways } = model;
  const starting =
    pathways.length > 0 ? pathways : startingPathways(model.network, flow, waysOf(flow, [], undefined), settings);
  model.usePathways(starting, {}, true);
  await prune({ model, data, options, settings, notes }, sparsity);
  const actual = sparsityNow(model);
  const { batchSize, clipNorm, optimizer, monitor, patience, signal, epochs, seed } = options;
  const { engine, fallback, threads, spinning } = options;
  const own = readOptions('fit', fitSchema, {
    ...{
      batchSize,
      clipNorm,
      optimizer,
      monitor,
      patience,
      signal,
      epochs,
      seed,
      validation,
      engine,
      fallback,
      threads,
      spinning,
    },
    ...{ keep: 'best', progress: false, onNote: () => {} }, // every try would say the same
  });
  model.lastFit = null;
  const history = await fitWithin(model, data, own, null);
  return history.ended === 'aborted' ? null : { actual, epochs: history.epochs.length };
}

async function prune(
  { model, data, options, settings, notes }: Omit<Search, 'validation' | 'monitor'>,
  sparsity: number,
): Promise<void> {
  const layout: Layout = model.layout;
  const rows = { data, source: sourceIn(data), only: null };
  const { dataset } = await lookAt(model, rows, notes);
  const { batchSize, seed } = options;
  const facts = { ...{ layout, dataset, batchSize, seed, notes }, trivial: trivialLosses(layout) };
  const { feed } = trainingFeed(model, rows, facts);
  const optimizer = sgd(); // keeps nothing beside the weights
  await withEngine(options, notes, async (engine) => {
    const { facts: of, dispose } = sparsifyFacts(model, settings, {
      ...{ engine, layout, feed, seed, optimizer, exchanges: false },
    });
    try {
      const { writes } = await sparsify(of, model.network.read(), { sparsity, exchange: 0, epoch: 0 });
      model.network.write(writes);
    } finally {
      dispose();
    }
  });
}

async function measured({ model, validation, monitor, options, notes }: Search): Promise<number | null> {
  const snapshot = model.snapshot();
  const { layout, thresholds } = snapshot;
  const rows = labelledRows(layout, validation, notes.add);
  const record = await model.scoring.fold({ snapshot, options, notes }, rows, () =>
    startValidation(layout, thresholds, { metrics: false, monitored: monitor.needs }),
  );
  return monitor.read({ validation: record });
}

/** Of what lies on the way of their tasks. */
function sparsityNow({ pathways, baseNetwork, flow }: Model): number {
  const masks = pathways.flatMap(({ tasks, reads }) => {
    const isRead = reachOf(tasks, flow);
    const own = baseNetwork.held.filter(isRead).map(({ name }) => reads.get(name));
    return own.filter((mask) => mask !== undefined);
  });
  const size = masks.reduce((sum, mask) => sum + mask.length, 0);
  return 1 - masks.reduce((sum, mask) => sum + ones(mask), 0) / size;
}

function undefinedValue({ name }: Monitor): HeadgateError {
  return invalidOption('pathways.sparsest.monitor', name, {
    expected: 'a value that is defined on the validation rows',
  });
}
