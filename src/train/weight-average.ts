/** @file Exponential moving averages of the weights: what a fit with `average` measures, keeps and leaves behind. */
import type { HostTensor, HostTensors, Tensors } from '../engine/engine.js';
import { type Extension, extensionTensors, updatedTensors } from '../model/extension.js';
import { tf } from '../tf.js';
import type { Opens } from './opens.js';
import { own } from './optimizers/optimizer.js';
import type { Gate, TrainedParameter } from './trained-parameters.js';

export interface AverageSettings {
  /** How much of the average a step leaves, above 0 and below 1. */
  readonly decay: number;
}

/** Part of the names of its tensors in the state. */
const NAME = 'average';
const averageOf = (parameter: string): string => `of/${parameter}`;
const stepsOf = ({ key }: Gate): string => `steps/${key}`;
const stateName = (parameter: string): string => `extension/${NAME}/${averageOf(parameter)}`;

export interface WeightAverage {
  readonly initialState: HostTensors;
  /** New averages after a step, by state name. */
  readonly update: (before: Tensors, after: Tensors, opens: Opens) => Tensors;
}

/**
 * a += (1 − d) · (w − a) after each step that moves w, with d = min(decay, (1 + t) / (10 + t)) and t the steps that moved it
 * before: the first steps count for more, so that the average forgets what was drawn (as TensorFlow's
 * `ExponentialMovingAverage` with `num_updates`). An element that may not move keeps its average, to the bit; t counts the
 * steps of each gate, like Adam's bias correction.
 *
 * @param weights where the averages begin
 */
export function weightAverage(
  trained: readonly TrainedParameter[],
  { decay }: AverageSettings,
  weights: HostTensors,
): WeightAverage {
  const gates = [...new Map(trained.map(({ gate }) => [gate.key, gate])).values()];
  const tensors: Record<string, HostTensor> = {};
  for (const { parameter } of trained) {
    const weight = weights[parameter.name];
    if (weight === undefined) throw new Error(`no weights of ${parameter.name}`);
    tensors[averageOf(parameter.name)] = { ...weight, data: weight.data.slice() };
  }
  for (const gate of gates) tensors[stepsOf(gate)] = zeros(gate.shape);
  const extension: Extension = { name: NAME, tensors };

  return {
    initialState: extensionTensors([extension]),
    update: (before, after, opens) => {
      const update = (_: Tensors, mine: Tensors): Tensors => {
        const next: Record<string, tf.Tensor> = {};
        const shares = new Map<string, tf.Tensor>();
        for (const gate of gates) {
          const steps = own(mine, stepsOf(gate));
          next[stepsOf(gate)] = steps.add(opens.ofGate(gate));
          shares.set(gate.key, tf.scalar(1).sub(steps.add(1).div(steps.add(10)).minimum(decay)));
        }
        for (const { parameter, gate } of trained) {
          const average = own(mine, averageOf(parameter.name));
          const share = opens.of(parameter.name).mul(shares.get(gate.key) as tf.Tensor); // each gate has one
          next[averageOf(parameter.name)] = average.add(own(after, parameter.name).sub(average).mul(share));
        }
        return next;
      };
      return updatedTensors([{ ...extension, update }], before, after);
    },
  };
}

/** Shows the averages in place of the weights, to who scores with the state of a fit. */
export function throughAverages(state: HostTensors): Extension {
  const prefix = stateName('');
  const names = Object.keys(state).filter((name) => name.startsWith(prefix));
  const tensors = names.map((name): [string, HostTensor] => [
    averageOf(name.slice(prefix.length)),
    state[name] as HostTensor, // it is a key of it
  ]);
  return {
    name: NAME,
    tensors: Object.fromEntries(tensors),
    effective: (name, value, mine) => mine[averageOf(name)] ?? value,
  };
}

/** Which tensors of the state stand for these weights where a fit ends, by the weights' names: averages where there are any. */
export function namesOfAverages(weights: readonly string[], state: readonly string[]): ReadonlyMap<string, string> {
  const known = new Set(state);
  return new Map(weights.filter((name) => known.has(stateName(name))).map((name) => [name, stateName(name)]));
}

function zeros(shape: readonly number[]): HostTensor {
  return { shape, dtype: 'float32', data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}
