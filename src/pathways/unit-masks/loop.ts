/** @file The loop that trains masks: batches of a feed, the weight of the penalty and the temperature of each step, a history. */
import { scalar } from '../../data/batches.js';
import type { Feed } from '../../data/feed.js';
import type { Engine, EngineState, HostTensors } from '../../engine/engine.js';
import { HeadgateError } from '../../errors.js';
import type { Layout } from '../../tasks/layout.js';
import { hyperTensors } from '../../train/hyper.js';
import { createTurns } from '../../train/turns.js';
import { type AlphaControl, constantAlpha, targetAlpha } from './alpha.js';
import { firstLogits, keptOf } from './gumbel.js';
import { ALPHA, LOGITS, type MaskProgram, TEMPERATURE } from './program.js';

export interface UnitMaskEpoch {
  /** From 1 on. */
  readonly epoch: number;
  /** Mean over the steps, without the penalty. */
  readonly loss: number;
  /** Mean over the steps. */
  readonly penalty: number;
  /** Of the last step. */
  readonly alpha: number;
  readonly temperature: number;
  /** Units whose logit is above 0 after the last step, of those that may be masked. */
  readonly kept: number;
}

/** An epoch that was not finished: means over its steps so far. */
export interface PartialUnitMaskEpoch extends UnitMaskEpoch {
  /** Steps taken of this epoch. */
  readonly steps: number;
}

/** One temperature, or from the first step's to the last one's by equal factors. */
export type Temperature = number | { readonly from: number; readonly to: number };

export interface LoopOptions {
  readonly engine: Engine;
  readonly layout: Layout;
  readonly feed: Feed;
  readonly epochs: number;
  readonly learningRate: number;
  readonly alpha: number;
  /** Number of units to arrive at; null: `alpha` stays as it is. */
  readonly target: number | null;
  readonly temperature: Temperature;
  readonly keepProbability: number;
  readonly seed: number;
  /** Number of units that may be masked. */
  readonly units: number;
  /** Ends the run after the step that is running. */
  readonly signal: AbortSignal | null;
}

export interface TrainedMasks {
  /** `[units]` */
  readonly logits: Float32Array;
  /** Of what moved besides, by name. */
  readonly head: HostTensors;
  /** Epochs that were finished. */
  readonly history: readonly UnitMaskEpoch[];
  /** The epoch in which the signal fired, where it fired between two of its steps; null otherwise. */
  readonly partial: PartialUnitMaskEpoch | null;
  readonly steps: number;
  readonly ended: 'completed' | 'aborted';
}

/**
 * @param weights of the network, by the state's names; they are read, and never change
 * @param headNames of the new head's tensors
 * @throws HeadgateError `NON_FINITE_LOSS`
 */
export async function trainMasks(
  program: MaskProgram,
  weights: HostTensors,
  headNames: readonly string[],
  options: LoopOptions,
): Promise<TrainedMasks> {
  const { engine, units, keepProbability, seed } = options;
  const first = firstLogits(units, keepProbability, seed);
  const state = await engine.createState({ ...weights, ...program.initialState(first) });
  const step = engine.compile(program.step);
  try {
    const run = await runSteps(state, step.run, { ...options, kept: keptOf(first) });
    const values = await state.read([LOGITS, ...headNames]);
    const { [LOGITS]: logits, ...head } = values;
    if (!(logits?.data instanceof Float32Array)) throw new Error('the state lost its logits');
    return { logits: logits.data, head, ...run };
  } finally {
    step.dispose();
    state.dispose();
  }
}

type RunStep = ReturnType<Engine['compile']>['run'];

async function runSteps(
  state: EngineState,
  run: RunStep,
  options: LoopOptions & { readonly kept: Uint8Array },
): Promise<Pick<TrainedMasks, 'history' | 'partial' | 'steps' | 'ended'>> {
  const { layout, feed, epochs, learningRate, seed, units, keepProbability, signal } = options;
  const { alpha: given, target } = options;
  const control: AlphaControl =
    target === null ? constantAlpha(given) : targetAlpha({ alpha: given, target, units, learningRate });
  const hyper = hyperTensors(layout, { learningRate });
  const history: UnitMaskEpoch[] = [];
  const turn = createTurns();
  const isAsked = (): boolean => signal?.aborted === true;
  const ended = (partial: PartialUnitMaskEpoch | null, how: TrainedMasks['ended']) => {
    return { history: Object.freeze(history), partial, steps, ended: how };
  };
  let kept = options.kept.reduce((sum, value) => sum + value, 0);
  let before = { coming: kept, expected: keepProbability * units };
  let steps = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    if (isAsked()) return ended(null, 'aborted');
    let [loss, penalty, taken, alpha, temperature] = [0, 0, 0, options.alpha, 1];
    const record = (): UnitMaskEpoch => {
      const mean = { loss: loss / Math.max(1, taken), penalty: penalty / Math.max(1, taken) };
      return { epoch: epoch + 1, ...mean, alpha, temperature, kept };
    };
    for await (const { batch } of feed.batches(epoch, null)) {
      if (isAsked()) return ended(taken === 0 ? null : Object.freeze({ ...record(), steps: taken }), 'aborted');
      alpha = control(before);
      temperature = temperatureAt(options.temperature, steps, feed.steps === null ? null : feed.steps * epochs);
      const outputs = await run(
        state,
        { ...batch.tensors, ...hyper, [ALPHA]: scalar(alpha), [TEMPERATURE]: scalar(temperature) },
        { seed, counter: steps },
        (values) => requireFinite(values, epoch, taken),
      );
      kept = numberOf(outputs, 'kept');
      before = { coming: numberOf(outputs, 'coming'), expected: numberOf(outputs, 'expected') };
      loss += numberOf(outputs, 'loss');
      penalty += numberOf(outputs, 'penalty');
      steps++;
      taken++;
      await turn();
    }
    history.push(Object.freeze(record()));
  }
  return ended(null, 'completed');
}

/** @param total steps of the run; null when nobody knows, and the temperature is that of the beginning */
function temperatureAt(temperature: Temperature, step: number, total: number | null): number {
  if (typeof temperature === 'number') return temperature;
  const { from, to } = temperature;
  return total === null || total < 2 ? from : from * (to / from) ** (step / (total - 1));
}

function requireFinite(outputs: HostTensors, epoch: number, step: number): void {
  for (const name of ['loss', 'penalty'] as const) {
    const value = numberOf(outputs, name);
    if (Number.isFinite(value)) continue;
    throw new HeadgateError({
      code: 'NON_FINITE_LOSS',
      path: 'pathways.unitMasks',
      problem: `the ${name} became ${value} in epoch ${epoch + 1}, step ${step + 1}`,
      expected: `a finite ${name}`,
      received: String(value),
      mend:
        name === 'loss'
          ? 'Look for extreme inputs and labels, and whether the network predicts finite numbers for these rows.'
          : 'Take a smaller `alpha` or `learningRate`.',
    });
  }
}

function numberOf(outputs: HostTensors, name: string): number {
  const value = outputs[name]?.data[0];
  if (value === undefined) throw new Error(`the masks’ step gave no ${name}`);
  return value;
}
