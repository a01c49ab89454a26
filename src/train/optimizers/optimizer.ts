/** @file What an optimizer is: pure update rules whose coefficients carry the gate (rule 5). */
import type { Tensors } from '../../engine/engine.js';
import type { tf } from '../../tf.js';
import type { Schedule } from '../schedules.js';

/** Parameters that train at their own rate. The first group that matches a parameter wins. */
export interface ParameterGroup {
  /** A part of the network, or a test of the parameter's name (`backbone/02.conv2d/0.kernel`, `head/features/kernel`). */
  readonly parameters: 'backbone' | 'head' | RegExp | ((name: string) => boolean);
  /** Multiplies the learning rate; 0 freezes the group. */
  readonly rate?: number;
  /** Replaces the optimizer's weight decay. */
  readonly weightDecay?: number;
}

export interface OptimizerOptions {
  /** A number, or a schedule over the steps of the fit. Default 1e-3. */
  readonly learningRate?: number | Schedule;
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
}

/**
 * The gate is 1 where an owner of the parameter has a counted label in this batch, else 0. It is a scalar, or
 * `[units]` for a fused head, and broadcasts over the parameter. Every coefficient is multiplied by it or becomes 1,
 * so that a closed gate leaves parameter and moments as they were, to the bit.
 */
export interface GateState {
  readonly gate: tf.Tensor;
  /** The optimizer's running values at the gate's shape, by slot, already advanced to this step. */
  readonly slots: Tensors;
}

export interface UpdateArguments extends GateState {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** Moments, by slot, shaped like the parameter. */
  readonly moments: Tensors;
  /** Scalar, with the group's factor applied. */
  readonly learningRate: tf.Scalar;
  readonly weightDecay: number;
}

export interface UpdateResult {
  readonly parameter: tf.Tensor;
  readonly moments: Tensors;
}

export interface Optimizer {
  readonly kind: string;
  readonly learningRate: number | Schedule;
  readonly weightDecay: number;
  readonly groups: readonly ParameterGroup[];
  /** Names of the moments kept for each parameter element; they start at 0. */
  readonly moments: readonly string[];
  /** Names of the values kept for each gate; they start at 0. */
  readonly gateSlots: readonly string[];
  readonly advance: (state: GateState) => Tensors;
  readonly update: (step: UpdateArguments) => UpdateResult;
}

/** 1 where the gate is closed, `value` where it is open: the coefficient that keeps a resting value as it is. */
export function keepUnless(gate: tf.Tensor, value: number): tf.Tensor {
  return gate.mul(value).add(gate.mul(-1).add(1));
}
