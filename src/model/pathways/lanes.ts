/**
 * @file Lanes: a forward pass of the backbone each. Tasks whose pathways can be computed at once share a lane; all tasks
 * do where there are no pathways.
 */
import type { Tensors } from '../../engine/engine.js';
import { tf } from '../../tf.js';

/** How a lane's layers see a tensor. */
export interface LaneMask {
  /** The state's tensor that is 1 for what is seen. */
  readonly reads: string;
  /** The state's tensor that is 1 for what gets gradients; null for all that is seen. */
  readonly trains: string | null;
}

export interface Lane {
  /** Of its pathway; empty for the backbone as it is, and for what is computed at once. */
  readonly name: string;
  /** Indices in flow order. */
  readonly tasks: readonly number[];
  /** True for the lane of the tasks without a pathway: it sees the backbone as it is. */
  readonly isWhole: boolean;
  /** By the name of the layers' tensor, the state's tensor that the layers see instead. */
  readonly own: ReadonlyMap<string, string>;
  /** By the name of the layers' tensor; one that is not named is seen as the state has it. */
  readonly masks: ReadonlyMap<string, LaneMask>;
}

/** All tasks see the backbone as it is. */
export function wholeLane(tasks: number): Lane {
  const all = Array.from({ length: tasks }, (_, i) => i);
  return { name: '', tasks: all, isWhole: true, own: new Map(), masks: new Map() };
}

/** What the lane's layers see in place of their tensor; gradients pass to what the lane trains. */
export function seenBy(lane: Lane, name: string, state: Tensors): tf.Tensor {
  const value = tensorAt(state, lane.own.get(name) ?? name);
  const mask = lane.masks.get(name);
  if (mask === undefined) return value;
  const reads = tensorAt(state, mask.reads);
  if (mask.trains === null) return value.mul(reads);
  // (w - w₀) is 0 and has the gradient; w₀ has the value and none.
  const still = withoutGradient(value);
  return value.sub(still).mul(tensorAt(state, mask.trains)).add(still.mul(reads));
}

const withoutGradient = tf.customGrad((value) => {
  const given = value as tf.Tensor; // of one argument
  return { value: given.clone(), gradFunc: () => [tf.zerosLike(given)] };
});

function tensorAt(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the step was not given ${name}`);
  return tensor;
}
