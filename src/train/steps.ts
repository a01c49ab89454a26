/** @file The training loop: epochs, batches, records. It tells what happens, and knows nobody who looks. */
import type { HostTensors } from '../engine/engine.js';
import { LossSums } from '../score/loss-sums.js';
import type { Layout } from '../tasks/layout.js';
import { weightsOf } from './balance.js';
import type { EpochRecord, PartialRecord } from './history.js';
import { learntName, learntWeights } from './learnt-balance.js';
import { type FitJob, finiteWeights, type LiveFit, stepBalancer } from './live.js';
import { requireFinite, requireSteps, skipping } from './non-finite.js';
import { rateAt } from './schedules/schedule.js';
import type { StepBatches } from './step-feed.js';
import type { FitEvent } from './watchers/watcher.js';

/**
 * Goes on from where `live` stands. What happens between two events is one optimizer step at most; a state that is
 * copied on any event leads to the same bytes.
 *
 * @throws HeadgateError `NON_FINITE_LOSS`, `NON_FINITE_WEIGHTS`, `INVALID_LEARNING_RATE`, `INVALID_TASK_WEIGHT`
 */
export async function* fitSteps(job: FitJob, live: LiveFit): AsyncGenerator<FitEvent, void> {
  yield { kind: 'begin', epochs: job.epochs, done: live.cursor.epoch };
  while (live.cursor.epoch < job.epochs && !isAsked(job, live)) {
    yield* epochSteps(job, live);
    if (live.ended === null) yield await closeEpoch(job, live);
  }
  live.ended ??= live.cursor.epoch < job.epochs ? live.asked : 'completed';
}

async function* epochSteps(job: FitJob, live: LiveFit): AsyncGenerator<FitEvent, void> {
  const { layout, balancer = null } = job;
  const { feed } = live;
  const { epoch, step } = live.cursor;
  live.weights = weightsOf(balancer, layout, { epoch, records: live.records });
  await readLearntWeights(job, live);
  live.measured = null;
  yield { kind: 'epochBegin', epoch: epoch + 1, step, steps: feed.steps };
  let resumed = performance.now();
  let asked = resumed;
  for await (const taken of feed.batches(epoch, live.cursor)) {
    const began = performance.now();
    if (isAsked(job, live)) {
      live.ended = live.asked;
      await readLearntWeights(job, live);
      return;
    }
    if (!(await takeStep(job, live, taken))) continue;
    const now = performance.now();
    live.seconds += (now - resumed) / 1000;
    live.waited += (began - asked) / 1000;
    live.stepped += (now - began) / 1000;
    resumed = now;
    const { learningRate, steps: total, sums } = live;
    const loss = sums.meanLoss() ?? Number.NaN; // a step was just added
    yield {
      kind: 'step',
      epoch: epoch + 1,
      step: live.cursor.step,
      total,
      loss,
      learningRate,
      dataWait: dataWait(live),
    };
    asked = performance.now(); // not while watchers looked
  }
  requireSteps(live.sums.steps, live.skipping);
  await finiteWeights(job, live);
  await readLearntWeights(job, live);
  yield { kind: 'measure', epoch: epoch + 1 };
  live.seconds += (performance.now() - resumed) / 1000;
}

/** False where the step was undone, and the fit goes on without it. */
async function takeStep(job: FitJob, live: LiveFit, batches: StepBatches): Promise<boolean> {
  const { layout, seed, onNonFinite = 'stop' } = job;
  const { cursor, counts } = batches;
  const { epoch } = live.cursor;
  const totalSteps = live.feed.steps === null ? null : totalOf(job, live, live.feed.steps);
  const { records, steps: step } = live;
  const isLearnt = stepBalancer(job) !== null; // then the step itself has factors of the declared weights
  const progress = { step, totalSteps, epoch, epochs: job.epochs, records };
  const learningRate = rateAt(job.optimizer.learningRate, progress) * live.skipping.rateFactor;
  let outputs: HostTensors;
  try {
    outputs = await live.step.run(
      live.state,
      batches,
      { learningRate, ...(isLearnt ? {} : { weights: live.weights }) },
      { seed, counter: live.steps },
      (values, ids) => requireFinite(layout, values, { epoch, step: cursor.step, ids }),
    );
  } catch (error) {
    live.skipping = skipping(onNonFinite, live.skipping, error);
    live.cursor = cursor;
    return false;
  }
  live.sums.add(outputs, counts);
  live.learningRate = learningRate;
  live.cursor = cursor;
  live.steps++;
  live.skipping = { ...live.skipping, inRow: 0 };
  return true;
}

/** Steps of the whole run, as far as it is known: those taken, and those to come with this feed. */
function totalOf({ epochs }: FitJob, { cursor, steps }: LiveFit, stepsPerEpoch: number): number {
  return steps - cursor.step + (epochs - cursor.epoch) * stepsPerEpoch;
}

/** True when the fit shall end before its next step. */
function isAsked({ signal }: FitJob, live: LiveFit): boolean {
  if (signal?.aborted === true) live.asked ??= 'aborted';
  return live.asked !== null;
}

/** Has the tasks' weights of this moment, where the step learns them. */
async function readLearntWeights(job: FitJob, live: LiveFit): Promise<void> {
  const balancer = stepBalancer(job);
  if (balancer === null) return;
  live.weights = learntWeights(balancer, job.layout, await live.state.read([learntName(balancer)]));
}

async function closeEpoch(job: FitJob, live: LiveFit): Promise<FitEvent> {
  const record: EpochRecord = { ...runningRecord(job.layout, live), validation: live.measured };
  live.records.push(record);
  live.cursor = { epoch: live.cursor.epoch + 1, step: 0, mark: null };
  live.sums = new LossSums(job.layout);
  live.skipping = { ...live.skipping, ofEpoch: null };
  live.seconds = 0;
  live.waited = 0;
  live.stepped = 0;
  return { kind: 'epoch', record };
}

function runningRecord(layout: Layout, live: LiveFit): Omit<EpochRecord, 'validation'> {
  const {
    cursor,
    sums,
    weights,
    learningRate,
    seconds,
    skipping: { ofEpoch },
  } = live;
  const byPath: Record<string, number> = Object.create(null);
  for (const { task, index } of layout.slots) byPath[task.path] = weights[index] as number; // one each
  const penalty = sums.meanPenalty();
  return {
    epoch: cursor.epoch + 1,
    ...sums.record(weights),
    penalty,
    weights: byPath,
    learningRate,
    seconds,
    dataWait: dataWait(live),
    ...(ofEpoch === null ? {} : { skipped: ofEpoch }),
  };
}

function dataWait({ waited, stepped }: LiveFit): number {
  return waited === 0 ? 0 : waited / (waited + stepped);
}

/** The epoch in which the fit ended; null when it ended between two. */
export function partialRecord({ layout }: FitJob, live: LiveFit): PartialRecord | null {
  const { steps } = live.sums;
  return steps === 0 ? null : { ...runningRecord(layout, live), steps };
}
