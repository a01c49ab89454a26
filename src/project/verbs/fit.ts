/** @file The verb `fit`. */
import { type BoundDataset, bindTable } from '../../data/bind.js';
import { tableFeed } from '../../data/feed.js';
import { asTable, type DataLike } from '../../data/table.js';
import { HeadgateError } from '../../errors.js';
import { notesBelow } from '../../notes.js';
import { type OptionsOf, readOptions } from '../../options.js';
import { train } from '../../train/fit.js';
import type { History } from '../../train/history.js';
import { type FitState, requireSameWeights } from '../../train/state.js';
import { epochEnd } from '../../train/watchers/epoch-end.js';
import { interrupt, isInterruptFree } from '../../train/watchers/interrupt.js';
import { isTerminal, progress } from '../../train/watchers/progress.js';
import { validation } from '../../train/watchers/validation.js';
import type { Watcher } from '../../train/watchers/watcher.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { type NoteCollector, withNotes } from '../notes/channel.js';
import { classesThatNeverOccur, labelIsInput, labelsAllEqual, noLabelCounts } from '../notes/labels.js';
import { startedAnew } from '../notes/weights.js';
import { defaultOptimizer, fitSchema } from '../options/fit.js';
import { publication } from '../publication.js';

type Options = OptionsOf<typeof fitSchema>;

/** Trains the network, going on from the weights that it has. See `Project.fit`. */
export function fit(model: Model, data: DataLike, given: unknown): Promise<History> {
  return model.lock.changing('fit', async () => {
    const options = readOptions('fit', fitSchema, given);
    const notes = model.notes.open(options.onNote);
    const from = options.continue ? continued(model) : null;
    const trainedBefore = model.lastFit !== null;
    if (trainedBefore && from === null) notes.add(startedAnew(model.name));
    const dataset = trainingRows(model, data, notes);
    const watchers = watchersOf(model, options, notes);

    model.requireVariables();
    const { layout, network } = model;
    const { batchSize, clipNorm, optimizer = defaultOptimizer(), seed = from?.run.seed ?? 0 } = options;
    const job = {
      ...{ network, layout, watchers, optimizer, clipNorm, seed, trainedBefore },
      feed: tableFeed(dataset, { batchSize, seed, mixesRows: network.rowMixing.training }),
      epochs: (from?.cursor.epoch ?? 0) + options.epochs,
      signal: options.signal ?? null,
      balancer: options.balance ?? null,
    };
    // A fallback goes on where the first engine stopped: no step is taken twice.
    let state = from;
    const keep = (ended: FitState): void => {
      state = ended;
      model.lastFit = ended;
    };
    try {
      return withNotes(await withEngine(options, notes, (engine) => train({ ...job, engine, keep }, state)), notes);
    } finally {
      model.scoring.forgetSteps();
    }
  });
}

function trainingRows({ layout }: Model, data: DataLike, notes: NoteCollector): BoundDataset {
  const table = asTable(data);
  const dataset = bindTable(table, layout);
  notes.add(dataset.notes);
  notes.add(labelIsInput(table, layout));
  notes.add(noLabelCounts(dataset));
  notes.add(classesThatNeverOccur(dataset));
  notes.add(labelsAllEqual(dataset));
  return dataset;
}

/** In the order in which they are told: what is measured is in the record before anybody is shown it. */
function watchersOf({ layout, thresholds }: Model, options: Options, notes: NoteCollector): readonly Watcher[] {
  const { validation: data, progress: isShown, handleSignals, onEpochEnd } = options;
  const watchers: Watcher[] = [];
  if (data !== undefined) {
    const dataset = bindTable(data, layout);
    notes.add(notesBelow('validation', [...dataset.notes, ...noLabelCounts(dataset)]));
    watchers.push(validation({ dataset, thresholds }));
  }
  if (handleSignals ?? (isShown && isTerminal(process.stderr) && isInterruptFree())) watchers.push(interrupt());
  watchers.push(publication());
  if (isShown) watchers.push(progress());
  watchers.push(...options.watchers);
  if (onEpochEnd !== undefined) watchers.push(epochEnd(onEpochEnd));
  return watchers;
}

/** Throws `CANNOT_CONTINUE` where no fit has ended, or the weights are no longer those that it ended with. */
function continued(model: Model): FitState {
  const state = model.lastFit;
  if (state === null) {
    throw new HeadgateError({
      code: 'CANNOT_CONTINUE',
      path: 'fit.continue',
      problem: 'no fit of this project has ended since its weights were drawn or loaded: there is nothing to continue',
      expected: 'a fit before this one, in this process, and no load in between',
      mend: 'Fit without `continue` first; weights that were loaded bring no moments and no place in the data.',
    });
  }
  requireSameWeights(state, model.snapshot().weights);
  return state;
}
