/** @file What an optimizer is: pure update rules whose coefficients carry the gate (rule 5). */
import type { Tensors } from '../../engine/engine.js';
import { HeadgateError, show } from '../../errors.js';
import type { tf } from '../../tf.js';
import type { Schedule } from '../schedules/schedule.js';
import type { Shrinkage, Strength } from './shrinkage.js';

/**
 * A test of names: a function, a regular expression, or a pattern in which `*` stands for anything but `/` and `**` for
 * anything. A pattern also means everything below what it names: `backbone/stem` means `backbone/stem/kernel`.
 */
export type NamePattern = string | RegExp | ((name: string) => boolean);

/**
 * Parameters that train at their own rate, or are pulled to 0 by strengths of their own: its `l1`, `l2`, `l1Decay` and
 * `weightDecay` replace the optimizer's. A group says in one of three ways which it means; the first group that matches a
 * parameter wins.
 */
export interface ParameterGroup extends Partial<Shrinkage<number | undefined>> {
  /** By name: `'backbone'`, `'head/person.*'`, `'**bias'`, `/kernel$/`. */
  readonly parameters?: NamePattern | readonly NamePattern[];
  /** By path or flow, `'person.faceX1'`, `'person'`: what serves these tasks and no others, in heads shared by many too. */
  readonly tasks?: NamePattern | readonly NamePattern[];
  /** By the name in the backbone: `'stem'`, `'encoder/**'`. */
  readonly layers?: NamePattern | readonly NamePattern[];
  /** Multiplies the learning rate; 0 freezes the group. */
  readonly rate?: number | undefined;
}

/**
 * `l1`, `l2`, `l1Decay` and `weightDecay` are 0 by default (of `adamW`, `weightDecay` is 0.01) and add up. They pull every
 * parameter, biases too; `groups` leave some out. No loss shows them, and `clipNorm` cuts the gradient without them.
 */
export interface OptimizerOptions extends Partial<Shrinkage<number>> {
  /** A number, or a schedule over the steps of the fit. Default 1e-3. */
  readonly learningRate?: number | Schedule;
  /** Parameters that train at rates of their own; the first that matches wins. Default: none. */
  readonly groups?: readonly ParameterGroup[];
}

export interface GateArguments {
  /**
   * 1 where an owner of the parameter has a counted label in this batch, else 0. A scalar, or `[units]` for a fused
   * head; it broadcasts over the parameter.
   */
  readonly gate: tf.Tensor;
  /** The optimizer's running values at the gate's shape, by slot, before this step. */
  readonly slots: Tensors;
}

export interface GateResult {
  readonly slots: Tensors;
  /**
   * Factors of the update at the gate's shape, computed once for all parameters behind the gate. A closed gate makes
   * each the identity of its operation, so that parameter and moments stay as they were, to the bit.
   */
  readonly coefficients: Tensors;
}

export interface UpdateArguments extends Shrinkage<Strength> {
  readonly parameter: tf.Tensor;
  /** Exactly 0 where the gate is closed. */
  readonly gradient: tf.Tensor;
  /** By slot, shaped like the parameter. */
  readonly moments: Tensors;
  /** Of the parameter's gate. */
  readonly coefficients: Tensors;
  /** Scalar or at the gate's shape; 0 where the gate is closed. */
  readonly learningRate: tf.Tensor;
}

export interface UpdateResult {
  readonly parameter: tf.Tensor;
  readonly moments: Tensors;
}

/** Of an optimizer that names no L1 or L2 (one written for 0.1.0), these are 0. */
export interface Optimizer extends Partial<Shrinkage<number>> {
  readonly kind: string;
  readonly learningRate: number | Schedule;
  readonly weightDecay: number;
  readonly groups: readonly ParameterGroup[];
  /** Names of the moments kept for each parameter element; they start at 0. */
  readonly moments: readonly string[];
  /** Names of the values kept for each gate; they start at 0. */
  readonly gateSlots: readonly string[];
  readonly prepare: (gate: GateArguments) => GateResult;
  readonly update: (step: UpdateArguments) => UpdateResult;
}

/** @throws HeadgateError `INVALID_OPTIONS` for what is none of our optimizers: a name, or an optimizer of tfjs */
export function requireOptimizer(path: string, given: unknown): asserts given is Optimizer {
  const methods = ['prepare', 'update'] as const satisfies (keyof Optimizer)[];
  if (typeof given === 'object' && given !== null) {
    if (methods.every((method) => typeof Reflect.get(given, method) === 'function')) return;
  }
  const isOfTfjs = typeof given === 'object' && given !== null && 'applyGradients' in given;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'this is no optimizer',
    expected: 'what adamW(), adam() or sgd() give',
    received: isOfTfjs ? 'an optimizer of tfjs' : show(given),
    ...(isOfTfjs ? { mend: 'Those of tfjs move weights whose tasks have no labels in a batch.' } : {}),
  });
}

/** The tensor of this name among an optimizer's own; its absence would be a defect of the training step. */
export function own(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the optimizer was not given its ${name}`);
  return tensor;
}

/** 1 where the gate is closed, `value` where it is open: the factor that keeps a resting moment as it is. */
export function decayFactor(gate: tf.Tensor, value: number): tf.Tensor {
  return gate.mul(value - 1).add(1);
}
