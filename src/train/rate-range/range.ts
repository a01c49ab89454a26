/** @file Trains with a rate that rises from step to step, until the loss diverges: the learning-rate range test. */
import type { Feed, FeedBatch } from '../../data/feed.js';
import type { Engine, HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import type { Network } from '../../model/network.js';
import { outputOf } from '../../score/loss-sums.js';
import type { Layout } from '../../tasks/layout.js';
import { hyperTensors } from '../hyper.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { trainProgram } from '../program.js';
import { releasing } from '../releasing.js';
import { createTurns } from '../turns.js';
import { leastOf, smoothedLosses } from './smoothed-losses.js';

export interface RangeJob {
  readonly engine: Engine;
  readonly network: Network;
  readonly layout: Layout;
  readonly feed: Feed;
  /** To begin with, by the state's names; they are read, and never change. */
  readonly weights: HostTensors;
  /** Its own rate is not asked. */
  readonly optimizer: Optimizer;
  readonly clipNorm: number | null;
  /** Of dropout. */
  readonly seed: number;
  /** The rate of each step. */
  readonly rates: readonly number[];
  /** See `smoothedLosses`. */
  readonly smoothing: number;
  /** Times the least smoothed loss so far, from which on the loss has diverged. */
  readonly divergence: number;
  /** Ends the run after the step that is running. */
  readonly signal: AbortSignal | null;
}

export interface RangeRun {
  /** Of the steps that were taken; of each, the loss is that of its batch before it. */
  readonly rates: readonly number[];
  readonly losses: readonly (number | null)[];
  readonly smoothed: readonly (number | null)[];
  readonly ended: 'completed' | 'diverged' | 'aborted';
}

/** @throws HeadgateError `NON_FINITE_LOSS` where the loss is not finite before the first step */
export function rangeRun(job: RangeJob): Promise<RangeRun> {
  return releasing(async (defer) => {
    const { engine, network, layout, optimizer, clipNorm, seed, rates, divergence, signal } = job;
    const program = trainProgram({ network, layout, optimizer, clipNorm });
    const state = await engine.createState({ ...program.initialState(), ...job.weights });
    defer(() => state.dispose());
    const step = engine.compile(program.whole);
    defer(() => step.dispose());
    const turn = createTurns();
    const curve = smoothedLosses(layout, job.smoothing);
    const ended = async (): Promise<RangeRun['ended']> => {
      let counter = 0;
      for await (const { batch, ids } of batches(job.feed)) {
        const learningRate = rates[counter];
        if (learningRate === undefined) return 'completed';
        if (signal?.aborted === true) return 'aborted';
        const tensors = { ...batch.tensors, ...hyperTensors(layout, { learningRate }) };
        const outputs = await step.run(state, tensors, { seed, counter });
        const loss = Number(outputOf(outputs, 'loss').data[0]);
        if (!Number.isFinite(loss)) {
          if (counter === 0) throw nonFinite(loss, ids);
          return 'diverged';
        }
        curve.add(batch.tensors, outputs);
        counter++;
        const [last, least] = [curve.smoothed.at(-1) ?? null, leastOf(curve.smoothed)];
        if (last !== null && last - least > (divergence - 1) * Math.abs(least)) return 'diverged';
        await turn();
      }
      return 'completed';
    };
    const how = await ended();
    const { losses, smoothed } = curve;
    return { rates: rates.slice(0, losses.length), losses, smoothed, ended: how };
  });
}

/** Epoch after epoch. */
async function* batches(feed: Feed): AsyncGenerator<FeedBatch, void> {
  for (let epoch = 0; ; epoch++) yield* feed.batches(epoch, null);
}

function nonFinite(loss: number, ids: ArrayLike<number>): HeadgateError {
  const rows = Array.from({ length: Math.min(5, ids.length) }, (_, i) => ids[i]).join(', ');
  return new HeadgateError({
    code: 'NON_FINITE_LOSS',
    path: 'findLearningRate',
    problem: `the loss is ${loss} before any step (rows ${rows}${ids.length > 5 ? ', …' : ''})`,
    expected: 'a finite loss',
    received: String(loss),
    mend: 'No rate mends that. Look for extreme inputs and labels, and whether the weights are finite.',
  });
}
