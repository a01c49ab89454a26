/** @file Trains scores of weights, epoch by epoch; the mask of an epoch is that of the highest scores. */
import type { Feed } from '../../data/feed.js';
import type { BatchTensors, Engine, EngineState, HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import type { Layout } from '../../tasks/layout.js';
import { hyperTensors } from '../../train/hyper.js';
import { createTurns } from '../../train/turns.js';
import { firstScores, highestMask, type MaskPool, type WeightMask } from './pools.js';
import { maskPort, type ScoreProgram, scoreName } from './program.js';

export interface EdgePopupOptions {
  readonly engine: Engine;
  readonly layout: Layout;
  readonly feed: Feed;
  readonly pools: readonly MaskPool[];
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Ends the run after the step that is running. */
  readonly signal: AbortSignal | null;
}

/** One epoch, or the part of it before the signal fired. */
export interface SearchEpoch {
  readonly mask: WeightMask;
  /** Mean over its steps. */
  readonly loss: number;
  readonly steps: number;
}

/**
 * @param weights of the network, by the state's names; they are read, and never change
 * @param each is given each epoch's mask, and waited for
 * @returns how it ended
 * @throws HeadgateError `NON_FINITE_LOSS`
 */
export async function edgePopup(
  program: ScoreProgram,
  weights: HostTensors,
  options: EdgePopupOptions,
  each: (epoch: SearchEpoch) => Promise<void>,
): Promise<'completed' | 'aborted'> {
  const { engine, layout, feed, pools, epochs, learningRate, seed, signal } = options;
  const first = firstScores(pools, seed);
  const state = await engine.createState({ ...weights, ...program.initialState(first) });
  const step = engine.compile(program.step);
  const hyper = hyperTensors(layout, { learningRate });
  const turn = createTurns();
  const isAsked = (): boolean => signal?.aborted === true;
  let mask = highestMask(pools, first);
  let counter = 0;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (isAsked()) return 'aborted';
      let [loss, steps] = [0, 0];
      let isAborted = false;
      for await (const { batch } of feed.batches(epoch, null)) {
        isAborted = isAsked();
        if (isAborted) break;
        const tensors = { ...batch.tensors, ...hyper, ...maskTensors(pools, mask) };
        const outputs = await step.run(state, tensors, { seed, counter });
        loss += finiteLoss(outputs, epoch, steps);
        mask = highestMask(pools, await scoresIn(state, pools));
        steps++;
        counter++;
        await turn();
      }
      if (steps > 0) await each({ mask, loss: loss / steps, steps });
      if (isAborted) return 'aborted';
    }
    return 'completed';
  } finally {
    step.dispose();
    state.dispose();
  }
}

function maskTensors(pools: readonly MaskPool[], mask: WeightMask): BatchTensors {
  return Object.fromEntries(
    pools.map(({ name, shape }) => {
      return [maskPort(name), { shape, dtype: 'float32', data: Float32Array.from(mask.get(name) ?? []) }] as const;
    }),
  );
}

async function scoresIn(state: EngineState, pools: readonly MaskPool[]): Promise<ReadonlyMap<string, Float32Array>> {
  const values = await state.read(pools.map(({ name }) => scoreName(name)));
  return new Map(
    pools.map(({ name }) => {
      const data = values[scoreName(name)]?.data;
      if (!(data instanceof Float32Array)) throw new Error(`the state lost the scores of ${name}`);
      return [name, data] as const;
    }),
  );
}

function finiteLoss(outputs: HostTensors, epoch: number, step: number): number {
  const loss = Number(outputs.loss?.data[0]);
  if (Number.isFinite(loss)) return loss;
  throw new HeadgateError({
    code: 'NON_FINITE_LOSS',
    path: 'pathways.search',
    problem: `the loss became ${loss} in epoch ${epoch + 1}, step ${step + 1}`,
    expected: 'a finite loss',
    received: String(loss),
    mend: 'Look for extreme inputs and labels, and whether the network predicts finite numbers for these rows.',
  });
}
