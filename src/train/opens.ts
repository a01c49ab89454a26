/** @file Which elements of the trained parameters may move in a step: their owners' gates, and what extensions close. */
import type { Tensors } from '../engine/engine.js';
import { type Extension, ownTensors } from '../model/extension.js';
import type { tf } from '../tf.js';
import type { Gate, TrainedParameter } from './trained-parameters.js';

/** Which elements of the trained parameters may move in this step. */
export interface Opens {
  /** 1 where the parameter may move, else 0; broadcasts over the parameter. */
  readonly of: (parameter: string) => tf.Tensor;
  /** The same of a tensor that layers update themselves. */
  readonly ofAverage: (parameter: string, gate: Gate) => tf.Tensor;
  /** 1 where an owner is trained, whatever extensions close; of the gate's shape. */
  readonly ofGate: (gate: Gate) => tf.Tensor;
  /** True when extensions close more than the owners' gates. */
  readonly areNarrowed: boolean;
}

export function createOpens(
  trained: readonly TrainedParameter[],
  extensions: readonly Extension[],
): (state: Tensors, counts: tf.Tensor) => Opens {
  const narrowing = extensions.filter(({ gate }) => gate !== undefined);
  return (state, counts) => {
    const known = new Map<string, tf.Tensor>();
    const ofGate = (gate: Gate): tf.Tensor => {
      const open = known.get(gate.key) ?? gate.of(counts as tf.Tensor1D, state); // the port's rank
      known.set(gate.key, open);
      return open;
    };
    const narrowedOf = (name: string, gate: Gate): tf.Tensor =>
      narrowing.reduce(
        (open, extension) => extension.gate?.(name, open, ownTensors(extension, state)) ?? open,
        ofGate(gate),
      );
    const narrowed = new Map(trained.map(({ parameter: { name }, gate }) => [name, narrowedOf(name, gate)]));
    return {
      of: (parameter) => found(narrowed, parameter),
      ofAverage: narrowedOf,
      ofGate,
      areNarrowed: narrowing.length > 0,
    };
  };
}

export function found<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key);
  if (value === undefined) throw new Error(`nothing known of ${key}`);
  return value;
}
