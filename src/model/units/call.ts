/** @file One call of a layer, as those who follow units through it see it. */
import type { tf } from '../../tf.js';
import type { LayerVariable } from '../binding.js';
import { layersWithin } from '../layers.js';
import { ownVariables } from '../tensors.js';
import type { Book, UnitRole } from './book.js';
import { type Channels, withoutUnits } from './channels.js';

type Layer = tf.layers.Layer;

export interface Call {
  readonly layer: Layer;
  readonly inputs: readonly Channels[];
  /** Of each output, with the batch axis. */
  readonly shapes: readonly (readonly (number | null)[])[];
  readonly book: Book<Layer>;
  /** Follows units through a layer inside this one. */
  readonly inner: (call: Omit<Call, 'book' | 'inner'>) => readonly Channels[];
}

/**
 * Follows units through one call of a layer: notes in the book what its weights stand for, and gives the channels of
 * each output. Null when it does not understand this one: all that the layer reads is then fixed.
 */
export type Follow = (call: Call) => readonly Channels[] | null;

/** The only input; null for a call with several. */
export const only = ({ inputs }: Call): Channels | null => (inputs.length === 1 ? (inputs[0] ?? null) : null);

/** An output of the shape that the layer gives, whose units lie along `axis`, the last if not said. */
export function output(call: Call, ids: readonly number[], axis?: number, index = 0): Channels {
  const shape = call.shapes[index] ?? [];
  return { shape, axis: axis ?? shape.length - 1, ids };
}

/** What a layer that is not understood gives; the units that it reads are fixed. */
export function notFollowed({ layer, inputs, shapes, book }: Call, because: string): readonly Channels[] {
  for (const { ids } of inputs) book.fix(ids, because);
  for (const within of layersWithin(layer)) for (const variable of within.weights) book.leave(variable, because);
  return shapes.map((shape) => withoutUnits(shape));
}

/**
 * The weights of a layer by the last parts of their names; null where it has none (no bias). The first is one that
 * every layer of the class has.
 */
export function weightsOf<First extends string, Rest extends string = never>(
  layer: Layer,
  first: First,
  ...rest: readonly Rest[]
): Record<First, LayerVariable> & Record<Rest, LayerVariable | null> {
  const own = new Map(ownVariables(layer).map(([variable, name]) => [name, variable]));
  if (!own.has(first)) throw new Error(`the ${layer.getClassName()} ${layer.name} has no ${first}`);
  const found = Object.fromEntries([first, ...rest].map((name) => [name, own.get(name) ?? null]));
  return found as ReturnType<typeof weightsOf<First, Rest>>; // of the names that were asked for; the first is there
}

export function sizeOf(variable: LayerVariable, axis: number): number {
  const size = variable.shape[axis];
  if (typeof size !== 'number') throw new Error(`${variable.originalName} has no axis ${axis}`);
  return size;
}

/** Notes what an axis stands for, if the layer has such a weight. */
export function note(
  { book }: Call,
  variable: LayerVariable | null,
  axis: number,
  role: UnitRole,
  ids: readonly number[],
): void {
  if (variable !== null) book.axis(variable, axis, role, ids);
}

/** Activations that treat each element by itself. A user's own are not known to. */
const ELEMENTWISE = new Set(
  'elu gelu gelu_new hardSigmoid linear mish relu relu6 selu sigmoid softplus softsign swish tanh'.split(' '),
);

/** The name of an activation that a layer holds in `field`; null where it holds none. */
export function activationName(layer: Layer, field = 'activation'): string | null {
  const activation: unknown = Reflect.get(layer, field);
  if (typeof activation !== 'object' || activation === null || !('getClassName' in activation)) return null;
  const { getClassName } = activation;
  return typeof getClassName === 'function' ? String(getClassName.call(activation)) : null;
}

export const isElementwise = (activation: string | null): boolean => activation === null || ELEMENTWISE.has(activation);

/** The units that a layer makes; fixed when its activation does not treat each by itself. */
export function made(call: Call, count: number, upon?: readonly number[]): readonly number[] {
  const ids = call.book.made(call.layer, count, upon);
  const activation = activationName(call.layer);
  if (!isElementwise(activation)) call.book.fix(ids, `the activation ${activation} mixes them`);
  return ids;
}
