/** @file How each parameter is trained: the gate that lets it move, its share of the learning rate, its weight decay. */
import { HeadgateError } from '../errors.js';
import type { NetworkTensor as Parameter } from '../model/tensors.js';
import { tf } from '../tf.js';
import type { Optimizer } from './optimizers/optimizer.js';

export interface Gate {
  /** Equal for parameters with the same owners. */
  readonly key: string;
  /** `[]`, or `[units]` for a fused head. */
  readonly shape: readonly number[];
  /** `[tasks]` counts in layout order -> 1 where an owner has a counted label, else 0; of `shape`. */
  readonly of: (counts: tf.Tensor1D) => tf.Tensor;
}

export interface TrainedParameter {
  readonly parameter: Parameter;
  readonly gate: Gate;
  /** Multiplies the learning rate. */
  readonly rate: number;
  readonly weightDecay: number;
}

/**
 * The parameters that an optimizer trains: those that are trainable and in no group with rate 0.
 *
 * @param order flow-order indices of the tasks in layout order
 * @throws HeadgateError `EMPTY_GROUP` when a parameter group matches nothing
 */
export function trainedParameters(
  parameters: readonly Parameter[],
  optimizer: Optimizer,
  order: readonly number[],
): TrainedParameter[] {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  const matched = new Set(trainable.map((parameter) => groupOf(optimizer, parameter)));
  for (const [i, group] of optimizer.groups.entries()) {
    if (matched.has(group)) continue;
    throw new HeadgateError({
      code: 'EMPTY_GROUP',
      path: `optimizer.groups[${i}]`,
      problem: 'no trainable parameter belongs to this group',
      expected: `a test that matches some of: ${parameters.map((parameter) => parameter.name).join(', ')}`,
      received: String(group.parameters),
    });
  }
  return trainable.flatMap((parameter) => {
    const { rate = 1, weightDecay = optimizer.weightDecay } = groupOf(optimizer, parameter) ?? {};
    return rate === 0 ? [] : [{ parameter, gate: gateOf(parameter, order), rate, weightDecay }];
  });
}

/** The first group that the parameter belongs to. */
export function groupOf({ groups }: Optimizer, parameter: Parameter): Optimizer['groups'][number] | undefined {
  return groups.find((group) => matches(group.parameters, parameter));
}

function matches(test: Optimizer['groups'][number]['parameters'], parameter: Parameter): boolean {
  if (typeof test === 'string') return parameter.part === test;
  return typeof test === 'function' ? test(parameter.name) : test.test(parameter.name);
}

export function gateOf(parameter: Parameter, order: readonly number[]): Gate {
  const { owners } = parameter;
  const place = new Map(order.map((task, i) => [task, i]));
  const placeOf = (task: number): number => place.get(task) ?? 0;
  if (owners.by === 'column') {
    const places = owners.columns.map(placeOf);
    const isIdentity = places.length === order.length && places.every((at, i) => at === i);
    return {
      key: parameter.name.slice(0, parameter.name.lastIndexOf('/')), // `head/<feature>`
      shape: [places.length],
      of: (counts) => {
        const open = counts.greater(0).toFloat();
        return isIdentity ? open : open.gather(tf.tensor1d(places, 'int32'));
      },
    };
  }
  const places = owners.tasks.map(placeOf);
  const all = places.length === order.length;
  const mine = Float32Array.from(order, (_, i) => (places.includes(i) ? 1 : 0));
  return {
    key: all ? 'all' : `tasks/${owners.tasks.join(',')}`,
    shape: [],
    of: (counts) => (all ? counts : counts.mul(tf.tensor1d(mine))).sum().greater(0).toFloat(),
  };
}
