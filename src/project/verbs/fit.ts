import type { OnlyTasks } from '../../data/bind.js';
import { type DataLike, sourceIn } from '../../data/data-like.js';
import { HeadgateError } from '../../errors.js';
import { notesBelow } from '../../notes.js';
import { invalidOption, type OptionsOf, readOptions } from '../../options.js';
import { focusOn } from '../../pathways/focus.js';
import { bothFoci, focusOfSelection, requireOwnSelection } from '../../pathways/partial/selection.js';
import { boundTo } from '../../pathways/pathway.js';
import type { Learnt } from '../../tasks/filled.js';
import { type Layout, withoutLossUnits } from '../../tasks/layout.js';
import { defaultOptimizer } from '../../train/default-optimizer.js';
import { defaultEpochs } from '../../train/epochs.js';
import { type FitJob, train } from '../../train/fit.js';
import type { Focus } from '../../train/focus.js';
import { type History, withNeverTrained, withPathwaySteps } from '../../train/history.js';
import { type EndedFit, type FitState, requireSameWeights, runFacts } from '../../train/state.js';
import { stepsOf } from '../../train/step-feed.js';
import { best } from '../../train/watchers/best.js';
import { epochEnd } from '../../train/watchers/epoch-end.js';
import { interrupt, isInterruptFree } from '../../train/watchers/interrupt.js';
import { isTerminal, progress } from '../../train/watchers/progress.js';
import { validation } from '../../train/watchers/validation.js';
import type { Watcher } from '../../train/watchers/watcher.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { type NoteCollector, withNotes } from '../notes/channel.js';
import { lossRises } from '../notes/loss-rises.js';
import { trainsOthers } from '../notes/trains-others.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { nothingKept, scheduleUnfinished, startedAnew, stepsSkipped } from '../notes/weights.js';
import { worseThanMean } from '../notes/worse-than-mean.js';
import { fitSchema } from '../options/fit.js';
import { publication } from '../publication.js';
import { type BestEpoch, bestEpoch } from './best-epoch.js';
import type { Checkpoints } from './checkpoints.js';
import { labelledRows } from './reading.js';
import { requireShown } from './shown-metrics.js';
import { lookAt, trainingFeed } from './training-rows.js';

export type Options = OptionsOf<typeof fitSchema>;

/**
 * Trains the network, going on from the weights that it has. See `Project.fit`.
 *
 * @param only indices in flow order of the tasks to train, where the others shall stay as they are
 */
export function fit(model: Model, data: DataLike, given: unknown, only: OnlyTasks = null): Promise<History> {
  return model.lock.changing(only === null ? 'fit' : 'fitTasks', async () =>
    fitWithin(model, data, readOptions('fit', fitSchema, given), only),
  );
}

/** The same within a verb that holds the project's lock. */
export async function fitWithin(model: Model, data: DataLike, options: Options, only: OnlyTasks): Promise<History> {
  if (options.checkpoints === undefined && options.resume === undefined) {
    return fitOnce(model, data, { ...options, only, disk: null });
  }
  const { openCheckpoints } = await import('./checkpoints.js'); // most fits write none
  const disk = await openCheckpoints(model, options);
  try {
    return await fitOnce(model, data, { ...options, only, disk });
  } finally {
    await disk.close();
  }
}

interface Once extends Options {
  readonly only: OnlyTasks;
  /** What is written to disk, and was read of it; null for neither. */
  readonly disk: Checkpoints | null;
}

async function fitOnce(model: Model, data: DataLike, options: Once): Promise<History> {
  const { only, disk } = options;
  requireMeasured(options);
  const wanted = bestEpoch(model.layout, options);
  requireShown(model.layout, options);
  if (options.train !== undefined) {
    requireOwnSelection(options.train, model.name, model.network.store.parameters, 'fit.train');
  }
  const notes = model.notes.open(options.onNote);
  const from = disk?.from ?? (options.continue ? continued(model) : null);
  if (disk !== null) notes.add(disk.notes);
  const trainedBefore = model.lastFit !== null;
  const known = model.learnt;
  if (trainedBefore && from === null) notes.add(startedAnew(model.name));
  const { batchSize, accumulate, clipNorm, seed = from?.run.seed ?? 0 } = options;
  const augmenterOf = await augmentersOf(model, options);
  const rows = { data, source: sourceIn(data), only, weightColumn: options.sampleWeight ?? null };
  const { lesson, dataset } = await lookAt(model, rows, notes);
  const learnt = model.layoutWith(lesson.learnt);
  const layout = options.lossUnits === 'plain' ? withoutLossUnits(learnt) : learnt;
  const trivial = trivialLosses(layout);
  const augmenter = augmenterOf?.(layout, { seed, only }) ?? null;
  const augment = augmenter?.augment ?? null;
  const feedFacts = { layout, dataset, batchSize, seed, notes, trivial, augment };
  const { feed, watchers: ofFeed } = trainingFeed(model, rows, feedFacts);
  const steps = stepsOf(feed, accumulate);
  const { optimizer = defaultOptimizer(steps), epochs: asked = defaultEpochs(steps) } = options;
  const epochs = disk?.from == null ? (from?.cursor.epoch ?? 0) + asked : asked; // a resumed run is the same run
  const saves =
    disk?.watchers({ ...options, layout, lesson, epochs, run: runFacts(feed, optimizer, seed, accumulate) }) ?? [];
  const watchers = [...ofFeed, ...watchersOf(model, layout, { ...options, wanted }, notes), ...saves];

  model.requireVariables();
  // From here on the fit goes ahead. What a continued fit learns anew moves no weights: it has its own.
  const begins = from === null && options.heads === 'prior';
  model.learn(begins ? lesson : { ...lesson, priors: new Map() }, learnt);
  // Pathways that an earlier fit has pruned stay as they are, unless this one continues it.
  if (from === null) {
    if (model.pruning?.isOver === false) notes.add(scheduleUnfinished(model.name));
    model.pruning = null;
  }
  const phases = await pathwaysFound(model, { options, layout, notes, feed, seed, epochs: asked, only });
  notes.add(trainsOthers(model, only));
  const { network } = model;
  const job = {
    ...{ network, layout, optimizer, clipNorm, seed, trainedBefore, feed, accumulate },
    watchers: phases === null ? watchers : [phases, ...watchers],
    focus: focusOf(model, only, options),
    average: options.average ?? null,
    onNonFinite: options.onNonFinite,
    epochs,
    monitor: wanted?.keeps === true ? wanted.monitor.name : null,
    signal: options.signal ?? null,
    balancer: options.balance ?? null,
  };
  // A fallback goes on where the first engine stopped: no step is taken twice.
  let state = from;
  const keep = (ended: EndedFit): void => {
    state = ended.state;
    model.lastFit = ended;
  };
  try {
    const trained = await withEngine(options, notes, (engine) => trainPruning(model, { ...job, engine, keep }, state));
    const history = trained.pathways.length > 0 ? trained : withPathwaySteps(trained, phases?.done() ?? []);
    const isWithout = wanted?.keeps === true && history.kept === null && history.epochs.length > 0;
    notes.add(stepsSkipped(history, from?.records.length ?? 0));
    if (isWithout) notes.add([nothingKept(wanted.monitor.name)]);
    notes.add([...trivial.notes(history), ...worseThanMean(history), ...(augmenter?.notes() ?? [])]);
    const isUntouched = history.epochs.length === 0 && history.partial === null;
    if (rows.source?.once === true || isUntouched) model.forget(uncounted(model, history, known));
    const untrained = model.layout.slots.filter(({ neverTrained }) => neverTrained).map(({ task }) => task.path);
    return withNotes(withNeverTrained(history, untrained), notes);
  } finally {
    model.scoring.forgetSteps();
  }
}

/** A rate that falls by what is measured would never fall where nothing is. */
function requireMeasured({ optimizer, validation }: Options): void {
  const rate = optimizer?.learningRate;
  if (typeof rate !== 'function' || rate.needs !== 'validation' || validation !== undefined) return;
  throw invalidOption('fit.validation', validation, {
    problem: "the optimizer's schedule falls by the validation loss, and the fit has no rows to measure it on",
    expected: 'a table, an array of records, or a source',
  });
}

/** Checks what is asked for before any row is read; null where rows stay as they are. */
async function augmentersOf({ layout: declared }: Model, { augment }: Options) {
  if (augment === undefined) return null;
  const { createAugmenter } = await import('../../data/augment/augmenter.js'); // most fits do without
  type Facts = Omit<Parameters<typeof createAugmenter>[1], 'augment'>;
  const make = (layout: Layout, facts: Facts) => createAugmenter(layout, { augment, ...facts });
  make(declared, { seed: 0, only: null });
  return make;
}

type Declaring = Parameters<typeof import('../pathways/declared.js').withDeclared>[1];

/** Finds the pathways that a project declares, and remembers how; null in a project that declares none. */
async function pathwaysFound(model: Model, facts: Declaring) {
  if (model.declaredPathways === null) return null;
  const { rememberingPhases, withDeclared } = await import('../pathways/declared.js'); // most projects declare none
  return rememberingPhases(model.pathways.length === 0 ? await withDeclared(model, facts) : []);
}

/** What may move: of the tasks, and of the weights. */
function focusOf({ network, pathways, flow }: Model, only: OnlyTasks, { train: selection }: Options): Focus | null {
  const ofTasks = only === null ? null : focusOn(network, boundTo(pathways, flow), only);
  const ofWeights = selection === undefined ? null : focusOfSelection(network, selection, flow.tasks.length);
  return bothFoci(ofTasks, ofWeights, network.tensors);
}

/** Goes through a schedule of the pathways, too, where there is one. */
async function trainPruning(model: Model, job: FitJob, from: FitState | null): Promise<History> {
  if (model.pruning === null) return train(job, from);
  const { prunerOf } = await import('../pathways/declared.js');
  const { pruning } = model;
  const { watcher, dispose } = prunerOf(model, pruning, job);
  try {
    const history = await train({ ...job, watchers: [watcher, ...job.watchers] }, from);
    return withPathwaySteps(history, watcher.done());
  } finally {
    pruning.isOver = watcher.isOver();
    dispose();
  }
}

/** Tasks that nobody had seen before and of which, as rows came, no label counted. */
function uncounted({ flow }: Model, { epochs, partial }: History, known: Learnt): readonly string[] {
  const records = partial === null ? epochs : [...epochs, partial];
  const unknown = flow.tasks.map(({ path }) => path).filter((path) => !known.tasks.has(path));
  return unknown.filter((path) => records.every(({ tasks }) => tasks[path] === null));
}

/** In the order in which they are told: what is measured is in the record before anybody is shown it. */
function watchersOf(
  { thresholds }: Model,
  layout: Layout,
  options: Options & { readonly wanted: BestEpoch | null },
  notes: NoteCollector,
): readonly Watcher[] {
  const {
    validation: data,
    validationMetrics: metrics = true,
    validationEvery: every,
    wanted,
    progress: choice,
    handleSignals,
    onEpochEnd,
  } = options;
  const watchers: Watcher[] = [];
  const isShown = choice !== false;
  if (data !== undefined) {
    const rows = labelledRows(layout, data, (about) => notes.add(notesBelow('validation', about)));
    watchers.push(validation({ layout, rows, thresholds, metrics, every, monitored: wanted?.monitor.needs ?? null }));
    if (wanted !== null) watchers.push(best(wanted));
  }
  if (handleSignals ?? (isShown && isTerminal(process.stderr) && isInterruptFree())) watchers.push(interrupt());
  watchers.push(publication(), lossRises(notes.add));
  if (isShown)
    watchers.push(progress({ ...(choice === true ? {} : choice), paths: layout.slots.map(({ task }) => task.path) }));
  watchers.push(...options.watchers);
  if (onEpochEnd !== undefined) watchers.push(epochEnd(onEpochEnd));
  return watchers;
}

/** Throws `CANNOT_CONTINUE` where no fit has ended, or the weights are no longer those that it ended with. */
function continued(model: Model): FitState {
  const ended = model.lastFit;
  if (ended === null) {
    throw new HeadgateError({
      code: 'CANNOT_CONTINUE',
      path: 'fit.continue',
      problem: 'no fit of this project has ended since its weights were drawn or loaded: there is nothing to continue',
      expected: 'a fit before this one, in this process, and no load in between',
      mend: 'Fit without `continue` first; weights that were loaded bring no moments and no place in the data.',
    });
  }
  requireSameWeights(ended, model.snapshot().weights);
  const { asked: _, ...state } = ended.state; // who continues asks for more
  return state;
}
