/** @file How each tensor is trained: the gate that lets it move, its share of the learning rate, what pulls it to 0. */

import type { Tensors } from '../engine/engine.js';
import type { Network } from '../model/network.js';
import type { Parameter } from '../model/store.js';
import type { NetworkTensor, Ownership } from '../model/tensors.js';
import { tf } from '../tf.js';
import { groupsOf } from './groups.js';
import { type Optimizer, own } from './optimizers/optimizer.js';
import type { Shrinkage } from './optimizers/shrinkage.js';

export interface Gate {
  /** Equal for tensors with the same owners of which the same rest. */
  readonly key: string;
  /** `[]`, `[units]` for a fused head, or any that broadcasts over the tensor. */
  readonly shape: readonly number[];
  /** True where a group rests some columns: the loss gives those a gradient though they are closed. */
  readonly isNarrowed: boolean;
  /** `[tasks]` counts in layout order -> 1 where an owner has a counted label and no group rests it, else 0. */
  readonly of: (counts: tf.Tensor1D, state: Tensors) => tf.Tensor;
}

/** One for the whole tensor, or one for each column. */
export type PerColumn = number | readonly number[];

export interface TrainedParameter {
  readonly parameter: NetworkTensor;
  readonly gate: Gate;
  /** Multiplies the learning rate. */
  readonly rate: PerColumn;
  readonly shrinkage: Shrinkage<PerColumn>;
}

export interface Training {
  readonly trained: readonly TrainedParameter[];
  /** The gates of the tensors that layers update themselves (moving averages), by name, but for those at rest. */
  readonly averaged: ReadonlyMap<string, Gate>;
}

/**
 * What an optimizer trains: the tensors that are trainable and not in groups of rate 0 altogether.
 *
 * @param order flow-order indices of the tasks in layout order
 * @param resting names of tensors that stay as they are
 * @throws HeadgateError `EMPTY_GROUP` when a parameter group means nothing; and see `groupsOf`
 */
export function trainedParameters(
  { tensors, store: { parameters } }: Pick<Network, 'tensors' | 'store'>,
  optimizer: Optimizer,
  order: readonly number[],
  resting: ReadonlySet<string> = new Set(),
): Training {
  const tensorOf = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const groups = groupsOf(optimizer, parameters, ({ lies, role }) => {
    return role === 'average' || tensorOf.get(lies.tensor)?.trainable === true;
  });
  const parts = new Map<string, Parameter[]>();
  for (const parameter of parameters) {
    parts.set(parameter.lies.tensor, [...(parts.get(parameter.lies.tensor) ?? []), parameter]);
  }
  const perColumn = ({ name }: NetworkTensor, ask: (parameter: Parameter) => number): number[] => {
    const inside = parts.get(name);
    if (inside === undefined) throw new Error(`no parameter lies in ${name}`);
    return inside.flatMap((parameter) => {
      const { columns: [, count] = [0, 1] } = parameter.lies;
      return Array<number>(count).fill(ask(parameter));
    });
  };
  const rates = (tensor: NetworkTensor) => perColumn(tensor, ({ name }) => groups.get(name)?.rate ?? 1);
  const strength = (tensor: NetworkTensor, of: keyof Shrinkage<number>) =>
    single(perColumn(tensor, ({ name }) => groups.get(name)?.[of] ?? optimizer[of] ?? 0));

  const weights = tensors.filter(({ name, role }) => role !== 'mask' && !resting.has(name));
  const moving = weights.filter((tensor) => rates(tensor).some((rate) => rate !== 0));
  return {
    trained: moving
      .filter((tensor) => tensor.trainable)
      .map((parameter) => ({
        parameter,
        gate: gateOf(parameter, order, rates(parameter)),
        rate: single(rates(parameter).map((rate, _, all) => (rate === 0 ? (all.find((one) => one !== 0) ?? 0) : rate))),
        shrinkage: {
          ...{ l1: strength(parameter, 'l1'), l2: strength(parameter, 'l2') },
          ...{ l1Decay: strength(parameter, 'l1Decay'), weightDecay: strength(parameter, 'weightDecay') },
        },
      })),
    averaged: new Map(moving.map((tensor) => [tensor.name, gateOf(tensor, order, rates(tensor))])),
  };
}

/** One number where all are equal: it costs nothing in the step. What a closed gate holds may have any. */
function single(values: readonly number[]): PerColumn {
  const [first = 1] = values;
  return values.every((value) => value === first) ? first : values;
}

/** As a factor of tensors; a row broadcasts over kernels `[size, columns]` and biases `[columns]`. */
export function factorOf(value: PerColumn): number | tf.Tensor1D {
  return typeof value === 'number' ? value : tf.tensor1d([...value], 'float32');
}

function gateOf(tensor: NetworkTensor, order: readonly number[], rates: readonly number[]): Gate {
  const { owners, name } = tensor;
  const place = (task: number): number => placeOf(order, task, name);
  switch (owners.by) {
    case 'column':
      return columnsGate(name, owners.columns.map(place), order.length, rates);
    case 'cells':
      return cellsGate(owners, place, order.length);
    case 'masks':
      return masksGate(tensor, owners.of, place, order.length);
    case 'tasks':
      return tasksGate(owners.tasks, place, order.length);
  }
}

function columnsGate(name: string, places: readonly number[], tasks: number, rates: readonly number[]): Gate {
  const isIdentity = places.length === tasks && places.every((at, i) => at === i);
  const moves = rates.map((rate) => (rate === 0 ? 0 : 1));
  const isNarrowed = moves.includes(0);
  const head = name.slice(0, name.lastIndexOf('/')); // `head/<feature>`
  return {
    key: isNarrowed ? `${head}/columns ${moves.join('')}` : head,
    shape: [places.length],
    isNarrowed,
    of: (counts) => {
      const open = counts.greater(0).toFloat();
      const ofColumns = isIdentity ? open : open.gather(tf.tensor1d([...places], 'int32'));
      return isNarrowed ? ofColumns.mul(tf.tensor1d(moves)) : ofColumns;
    },
  };
}

function tasksGate(tasks: readonly number[], place: (task: number) => number, count: number): Gate {
  const all = tasks.length === count;
  const mine = membership(tasks.map(place), count);
  return {
    key: all ? 'all' : `tasks/${tasks.join(',')}`,
    shape: [],
    isNarrowed: false,
    of: (counts) => (all ? counts : counts.mul(tf.tensor1d(mine))).sum().greater(0).toFloat(),
  };
}

/** Units of pathways that are computed at once: each opens with the tasks of its own. */
function cellsGate(
  { key, shape, cells }: Extract<Ownership, { by: 'cells' }>,
  place: (task: number) => number,
  count: number,
): Gate {
  const sets = new Map(cells.map((tasks) => [String(tasks), tasks]));
  const keys = [...sets.keys()];
  const rows = Float32Array.from([...sets.values()].flatMap((tasks) => [...membership(tasks.map(place), count)]));
  const which = cells.map((tasks) => keys.indexOf(String(tasks)));
  return {
    key: `cells/${key}`,
    shape,
    isNarrowed: false,
    of: (counts) => {
      const open = tf.tensor2d(rows, [sets.size, count]).mul(counts).sum(1).greater(0).toFloat();
      return open.gather(tf.tensor1d(which, 'int32')).reshape([...shape]);
    },
  };
}

/** Elements of pathways: an element opens when any that trains it does. */
function masksGate(
  { name, shape }: NetworkTensor,
  of: Extract<Ownership, { by: 'masks' }>['of'],
  place: (task: number) => number,
  count: number,
): Gate {
  return {
    key: `masks/${name}`,
    shape,
    isNarrowed: true,
    of: (counts, state) => {
      const open = of.map(({ tasks, mask }) => {
        const any = counts
          .mul(tf.tensor1d(membership(tasks.map(place), count)))
          .sum()
          .greater(0)
          .toFloat();
        return mask === null ? any : own(state, mask).mul(any);
      });
      return tf.zeros([...shape]).add(open.reduce((a, b) => a.maximum(b), tf.scalar(0)));
    },
  };
}

/** `[tasks]`: 1 at these places. */
function membership(places: readonly number[], count: number): Float32Array {
  const mine = new Float32Array(count);
  for (const at of places) mine[at] = 1;
  return mine;
}

function placeOf(order: readonly number[], task: number, name: string): number {
  const place = order.indexOf(task);
  if (place < 0) throw new Error(`${name} is owned by task ${task}, which the layout has not`);
  return place;
}
