/** @file How each tensor is trained: the gate that lets it move, its share of the learning rate, its weight decay. */
import type { Network } from '../model/network.js';
import type { Parameter } from '../model/store.js';
import type { NetworkTensor } from '../model/tensors.js';
import { tf } from '../tf.js';
import { groupsOf } from './groups.js';
import type { Optimizer } from './optimizers/optimizer.js';

export interface Gate {
  /** Equal for tensors with the same owners of which the same rest. */
  readonly key: string;
  /** `[]`, or `[units]` for a fused head. */
  readonly shape: readonly number[];
  /** True where a group rests some columns: the loss gives those a gradient though they are closed. */
  readonly isNarrowed: boolean;
  /** `[tasks]` counts in layout order -> 1 where an owner has a counted label and no group rests it, else 0. */
  readonly of: (counts: tf.Tensor1D) => tf.Tensor;
}

/** One for the whole tensor, or one for each column. */
export type PerColumn = number | readonly number[];

export interface TrainedParameter {
  readonly parameter: NetworkTensor;
  readonly gate: Gate;
  /** Multiplies the learning rate. */
  readonly rate: PerColumn;
  readonly weightDecay: PerColumn;
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
 * @throws HeadgateError `EMPTY_GROUP` when a parameter group means nothing; and see `groupsOf`
 */
export function trainedParameters(
  { tensors, store: { parameters } }: Pick<Network, 'tensors' | 'store'>,
  optimizer: Optimizer,
  order: readonly number[],
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
    const own = parts.get(name);
    if (own === undefined) throw new Error(`no parameter lies in ${name}`);
    return own.flatMap((parameter) => {
      const { columns: [, count] = [0, 1] } = parameter.lies;
      return Array<number>(count).fill(ask(parameter));
    });
  };
  const rates = (tensor: NetworkTensor) => perColumn(tensor, ({ name }) => groups.get(name)?.rate ?? 1);
  const decays = (tensor: NetworkTensor) =>
    perColumn(tensor, ({ name }) => groups.get(name)?.weightDecay ?? optimizer.weightDecay);

  const moving = tensors.filter((tensor) => rates(tensor).some((rate) => rate !== 0));
  return {
    trained: moving
      .filter((tensor) => tensor.trainable)
      .map((parameter) => ({
        parameter,
        gate: gateOf(parameter, order, rates(parameter)),
        rate: single(rates(parameter).map((rate, _, all) => (rate === 0 ? (all.find((one) => one !== 0) ?? 0) : rate))),
        weightDecay: single(decays(parameter)),
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
  const places = (owners.by === 'column' ? owners.columns : owners.tasks).map((task) => placeOf(order, task, name));
  if (owners.by === 'column') {
    const isIdentity = places.length === order.length && places.every((at, i) => at === i);
    const moves = rates.map((rate) => (rate === 0 ? 0 : 1));
    const isNarrowed = moves.includes(0);
    const head = name.slice(0, name.lastIndexOf('/')); // `head/<feature>`
    return {
      key: isNarrowed ? `${head}/columns ${moves.join('')}` : head,
      shape: [places.length],
      isNarrowed,
      of: (counts) => {
        const open = counts.greater(0).toFloat();
        const ofColumns = isIdentity ? open : open.gather(tf.tensor1d(places, 'int32'));
        return isNarrowed ? ofColumns.mul(tf.tensor1d(moves)) : ofColumns;
      },
    };
  }
  const all = places.length === order.length;
  const mine = Float32Array.from(order, (_, i) => (places.includes(i) ? 1 : 0));
  return {
    key: all ? 'all' : `tasks/${owners.tasks.join(',')}`,
    shape: [],
    isNarrowed: false,
    of: (counts) => (all ? counts : counts.mul(tf.tensor1d(mine))).sum().greater(0).toFloat(),
  };
}

function placeOf(order: readonly number[], task: number, name: string): number {
  const place = order.indexOf(task);
  if (place < 0) throw new Error(`${name} is owned by task ${task}, which the layout has not`);
  return place;
}
