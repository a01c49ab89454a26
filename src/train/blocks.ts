/**
 * @file Which parameters are updated together. Small parameters with the same gate, rate and decay are laid end to
 * end, so that the optimizer makes a few flat passes instead of a dozen operations a parameter.
 */
import { HeadgateError } from '../errors.js';
import type { Parameter } from '../model/parameters.js';
import { tf } from '../tf.js';
import type { Optimizer } from './optimizers/optimizer.js';

/** Parameters of at least this many elements are not worth copying: they are updated where they are. */
const LARGE = 65_536;
/** Fewer parameters than this are updated one by one in fewer operations than packing takes. */
const WORTH_PACKING = 4;

export interface Gate {
  /** Equal for parameters with the same owners. */
  readonly key: string;
  /** `[]`, or `[units]` for a fused head. */
  readonly shape: readonly number[];
  /** `[tasks]` counts in layout order -> 1 where an owner has a counted label, else 0; of `shape`. */
  readonly of: (counts: tf.Tensor1D) => tf.Tensor;
}

export interface Block {
  readonly gate: Gate;
  readonly parameters: readonly Parameter[];
  /** Multiplies the learning rate. */
  readonly rate: number;
  readonly weightDecay: number;
  /** Tensors in the order of `parameters` -> one tensor over which the gate broadcasts. */
  readonly pack: (tensors: readonly tf.Tensor[]) => tf.Tensor;
  readonly unpack: (packed: tf.Tensor) => tf.Tensor[];
}

/**
 * @param order flow-order indices of the tasks in layout order
 * @throws HeadgateError `EMPTY_GROUP` when a parameter group matches nothing
 */
export function planBlocks(parameters: readonly Parameter[], optimizer: Optimizer, order: readonly number[]): Block[] {
  const matched = new Set<unknown>();
  const plans = new Map<string, { gate: Gate; rate: number; weightDecay: number; parameters: Parameter[] }>();
  for (const parameter of parameters) {
    if (!parameter.trainable) continue;
    const group = groupOf(optimizer, parameter);
    if (group !== undefined) matched.add(group);
    const rate = group?.rate ?? 1;
    if (rate === 0) continue;
    const weightDecay = group?.weightDecay ?? optimizer.weightDecay;
    const gate = gateOf(parameter, order);
    const size = parameter.shape.reduce((a, b) => a * b, 1);
    const alone = size >= LARGE ? parameter.name : '';
    const key = JSON.stringify([gate.key, rate, weightDecay, alone]);
    const plan = plans.get(key) ?? { gate, rate, weightDecay, parameters: [] };
    plan.parameters.push(parameter);
    plans.set(key, plan);
  }
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
  return [...plans.values()]
    .flatMap((plan) =>
      plan.parameters.length >= WORTH_PACKING
        ? [plan]
        : plan.parameters.map((parameter) => ({ ...plan, parameters: [parameter] })),
    )
    .map((plan) => ({ ...plan, ...packing(plan.parameters) }));
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

function packing(parameters: readonly Parameter[]): Pick<Block, 'pack' | 'unpack'> {
  const only = parameters.length === 1;
  const [first] = parameters;
  if (first === undefined || only) return { pack: ([tensor]) => tensor as tf.Tensor, unpack: (packed) => [packed] };
  const sizes = parameters.map((parameter) => parameter.shape.reduce((a, b) => a * b, 1));
  return {
    pack: (tensors) =>
      tf.concat(
        tensors.map((tensor) => tensor.reshape([-1])),
        0,
      ),
    unpack: (packed) => tf.split(packed, sizes, 0).map((part, i) => part.reshape(shapeOf(parameters[i]))),
  };
}

function shapeOf(parameter: Parameter | undefined): number[] {
  return [...(parameter?.shape ?? [])];
}
