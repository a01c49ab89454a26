/** @file The verb `findLearningRate`: trains a copy of the weights, and leaves the project as it is. */
import { type DataLike, sourceIn } from '../../data/data-like.js';
import { biasTensors } from '../../model/biases.js';
import type { Network } from '../../model/network.js';
import { invalidOption, readOptions } from '../../options.js';
import { withoutLossUnits } from '../../tasks/layout.js';
import { defaultOptimizer } from '../../train/default-optimizer.js';
import { type LearningRateCurve, rateCurve } from '../../train/rate-range/curve.js';
import { rangeRun } from '../../train/rate-range/range.js';
import { withEngine } from '../engines.js';
import type { Model } from '../model.js';
import { withNotes } from '../notes/channel.js';
import { trivialLosses } from '../notes/trivial-loss.js';
import { findLearningRateSchema } from '../options/find-learning-rate.js';
import type { Snapshot } from '../snapshot.js';
import { lookAt, trainingFeed } from './training-rows.js';

/** What the verb reads, as it was when it was called. */
export interface AsCalled extends Pick<Snapshot, 'weights' | 'layout' | 'learnt'> {
  readonly network: Network;
}

/** See `Project.findLearningRate`. The caller holds the lock. */
export async function findLearningRate(
  model: Model,
  data: DataLike,
  given: unknown,
  { weights, layout: known, learnt, network }: AsCalled,
): Promise<LearningRateCurve> {
  const options = readOptions('findLearningRate', findLearningRateSchema, given);
  const { least, most, steps, batchSize, clipNorm, seed, smoothing, divergence, signal = null } = options;
  if (least >= most) throw invalidOption('findLearningRate.least', least, { expected: `less than \`most\`, ${most}` });
  const source = sourceIn(data);
  if (source?.once === true) {
    throw invalidOption('findLearningRate.data', data, { expected: 'rows that can be read again' });
  }
  const notes = model.notes.open(options.onNote);
  const rows = { data, source, only: null, weightColumn: options.sampleWeight ?? null };
  const { lesson, dataset } = await lookAt({ layout: known, learnt }, rows, notes);
  const full = model.layoutWith(lesson.learnt);
  const layout = options.lossUnits === 'plain' ? withoutLossUnits(full) : full;
  const facts = { layout, dataset, batchSize, seed, notes, trivial: trivialLosses(layout) };
  const { feed } = trainingFeed({ network }, rows, facts);
  const { optimizer = defaultOptimizer(feed.steps) } = options;
  const job = {
    ...{ network, layout, feed, optimizer, clipNorm, seed, smoothing, divergence, signal },
    // Heads of tasks that are new begin where a fit would let them begin.
    weights: options.heads === 'prior' ? network.store.join(biasTensors(lesson.priors), weights) : weights,
    rates: Array.from({ length: steps }, (_, i) => least * (most / least) ** (i / (steps - 1))),
  };
  const run = await withEngine(options, notes, (engine) => rangeRun({ ...job, engine }));
  return withNotes(rateCurve(run, smoothing), notes);
}
