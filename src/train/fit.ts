/** @file A fit from its first step to its last: events to watchers, weights to the network, everything given back. */
import type { HostTensors } from '../engine/engine.js';
import { HeadgateError } from '../errors.js';
import { foldScores } from '../score/fold.js';
import { createHistory, type History } from './history.js';
import { type FitJob, finiteWeights, type LiveFit, openFit, snapshot } from './live.js';
import { releasing } from './releasing.js';
import type { FitState } from './state.js';
import { fitSteps, partialRecord } from './steps.js';
import { createTurns } from './turns.js';
import type { FitControl, FitEvent } from './watchers/watcher.js';

export type { FitJob } from './live.js';

/**
 * Trains the network and writes the new weights into it: those that a watcher kept, else those of the last step. An
 * aborted fit does the same; one that fails writes those of the last step that was accepted. Weights that are not finite are never written: the network is left with those of
 * the last epoch's end that were.
 *
 * @param from the state of an earlier fit, to go on where it ended
 * @throws HeadgateError `CANNOT_CONTINUE`, and what `fitSteps` throws
 */
export function train(job: FitJob, from: FitState | null = null): Promise<History> {
  return releasing(async (defer) => {
    const live = await openFit(job, from, defer);
    const control = controlOf(job, live, tell);
    const turn = createTurns();
    let history: History | null = null;
    async function tell(event: FitEvent): Promise<void> {
      for (const watcher of job.watchers) {
        const answer = watcher.on(event, control);
        if (answer !== undefined) await answer; // a promise of any library; else nothing to wait for
      }
      await turn();
    }
    defer(() => tell({ kind: 'end', history }));
    for (const { name, restore } of job.watchers) {
      const saved = from?.watchers[name];
      if (restore !== undefined && saved !== undefined) restore(saved);
    }
    try {
      for await (const event of fitSteps(job, live)) await tell(event);
    } catch (error) {
      throw await settled(job, live, null).then(
        () => error,
        (second: unknown) => (isOfWeights(second) && isOfLoss(error) ? second : error),
      );
    }
    await settled(job, live, live.best?.weights ?? null);
    history = historyOf(job, live);
    return history;
  });
}

/**
 * Writes the weights into the network and hands over the state.
 *
 * @param kept the weights to write; null for those of this moment, or without these the last good ones
 */
async function settled(job: FitJob, live: LiveFit, kept: HostTensors | null): Promise<void> {
  let written = kept;
  try {
    const last = await finiteWeights(job, live);
    written ??= last;
    job.network.write(written);
  } catch (error) {
    if (live.good !== null) job.network.write(live.good.values);
    throw error;
  }
  if (job.keep === undefined) return;
  job.keep({ state: await snapshot(job, live), written });
}

/** The loss of the step after is where weights that are not finite are seen first; they are the cause. */
const isOfWeights = (error: unknown): boolean => error instanceof HeadgateError && error.code === 'NON_FINITE_WEIGHTS';
const isOfLoss = (error: unknown): boolean => error instanceof HeadgateError && error.code === 'NON_FINITE_LOSS';

function controlOf(job: FitJob, live: LiveFit, tell: (event: FitEvent) => Promise<void>): FitControl {
  const indices = new Map(job.layout.slots.map(({ task, index }) => [task.path, index]));
  return {
    stop: (reason) => {
      live.asked ??= reason;
    },
    snapshot: () => snapshot(job, live),
    publish: async () => job.network.write(await finiteWeights(job, live)),
    write: async (tensors) => {
      await live.state.write(tensors);
      live.good = null;
    },
    fold: (rows, fold) =>
      foldScores(live.scorer, live.state, rows, fold, (done) => tell({ kind: 'validation', done, rows: rows.rows })),
    measured: (validation) => {
      live.measured = validation;
    },
    keep: async (kept) => {
      live.best = { ...kept, weights: await finiteWeights(job, live) };
    },
    taskLoss: (path) => {
      const index = indices.get(path);
      if (index === undefined) throw new Error(`there is no task ${path}`);
      return live.sums.taskLoss(index);
    },
    get weights() {
      return live.weights;
    },
  };
}

function historyOf(job: FitJob, live: LiveFit): History {
  const { records, ended, steps, startedAnew, best } = live;
  if (ended === null) throw new Error('the fit has not ended');
  const partial = partialRecord(job, live);
  const kept = best === null ? null : { epoch: best.epoch, monitor: best.monitor, value: best.value };
  return createHistory({ epochs: records, partial, ended, kept, steps, startedAnew, planned: job.epochs });
}
