/** @file Which channels a layer computes of no input, by its class: what it is not known of depends on its inputs. */
import type { LayerVariable } from '../../model/binding.js';
import { activationName, isElementwise } from '../../model/units/call.js';
import { channelAxis } from '../../model/units/channels.js';
import type { tf } from '../../tf.js';
import { constantAt, type Dependence, type Known, knownAlong } from './known.js';
import { eachNonZero, weightOf } from './weights.js';

type Layer = tf.layers.Layer;

export interface Evaluated {
  readonly layer: Layer;
  readonly inputs: readonly Known[];
  /** Of each output, without what a wrapper adds. */
  readonly shapes: readonly (readonly number[])[];
  /** What it gave for the probes; null inside a wrapper. */
  readonly outputs: readonly tf.Tensor[] | null;
  readonly note: (reading: Noted) => void;
  /** Asks the same of a layer inside this one. */
  readonly inner: (evaluated: Omit<Evaluated, 'note' | 'inner'>) => readonly Dependence[] | null;
}

/** Rows of a kernel beside what they are multiplied by. */
export interface Noted {
  readonly kernel: LayerVariable;
  readonly input: Pick<Known, 'independent' | 'uniform' | 'means'>;
  readonly unfoldable: Unfoldable | null;
}

/** Why only zeros can be moved into the bias. */
export interface Unfoldable {
  readonly because: string;
  /** It is right on average: but for the border of a map. */
  readonly isNearly: boolean;
}

export type Depends = (evaluated: Evaluated) => readonly Dependence[] | null;

const only = ({ inputs }: Evaluated): Known | null => (inputs.length === 1 ? (inputs[0] ?? null) : null);

/** Dense layers and convolutions: rows that are zero read nothing. */
export const kernelled =
  (isTransposed: boolean): Depends =>
  (evaluated) => {
    const { layer } = evaluated;
    const [given, kernel] = [only(evaluated), weightOf(layer, 'kernel')];
    if (!given || !kernel) return null;
    const last = kernel.shape.length - 1;
    const [reads, makes] = isTransposed ? [last, last - 1] : [last - 1, last];
    const axis = channelAxis(layer, given.rank);
    const input = knownAlong(given, axis, kernel.shape[reads] ?? 0);
    evaluated.note({ kernel: kernel.variable, input, unfoldable: padding(layer, kernel.shape, isTransposed) });
    const independent = Array<boolean>(kernel.shape[makes] ?? 0).fill(true);
    eachNonZero(kernel, [reads, makes], (i, j) => {
      if (!input.independent[i]) independent[j] = false;
    });
    return [activated(layer, { axis, independent })];
  };

/** An activation that mixes channels gives what depends on all of them. */
function activated(layer: Layer, own: Dependence): Dependence {
  if (isElementwise(activationName(layer)) || own.independent.every(Boolean)) return own;
  return { axis: own.axis, independent: own.independent.map(() => false) };
}

/** A window that reaches over the border does not see the constant there. */
function padding(layer: Layer, shape: readonly number[], isTransposed: boolean): Unfoldable | null {
  const name = `the layer ${layer.name} (${layer.getClassName()})`;
  if (isTransposed) return { because: `the windows of ${name} overlap`, isNearly: false };
  const isOne = shape.slice(0, -2).every((size) => size === 1);
  if (isOne || layer.getConfig().padding === 'valid') return null;
  return { because: `${name} pads them with zeros`, isNearly: true };
}

export const embedding: Depends = ({ layer, shapes }) => {
  const table = weightOf(layer, 'embeddings');
  const [rows = 0, size = 0] = table?.shape ?? [];
  const independent = Array.from({ length: size }, (_, j) =>
    Array.from({ length: rows }, (_, i) => table?.values[i * size + j]).every((value) => value === table?.values[j]),
  );
  return [{ axis: (shapes[0]?.length ?? 1) - 1, independent }];
};

/** By channel and multiple of it: whether a depthwise kernel `[...window, in, multiplier]` takes it up at all. */
function takenUp(layer: Layer): { readonly isTaken: boolean[][]; readonly sums: number[][] } {
  const kernel = weightOf(layer, 'depthwise_kernel');
  const [size = 0, multiplier = 0] = kernel?.shape.slice(-2) ?? [];
  const grid = <T>(value: T): T[][] => Array.from({ length: size }, () => Array<T>(multiplier).fill(value));
  const [isTaken, sums] = [grid(false), grid(0)];
  const rank = kernel?.shape.length ?? 0;
  if (kernel) {
    eachNonZero(kernel, [rank - 2, rank - 1], (i, j, value) => {
      const [taken, sum] = [isTaken[i] ?? [], sums[i] ?? []];
      taken[j] = true;
      sum[j] = (sum[j] ?? 0) + value;
    });
  }
  return { isTaken, sums };
}

export const depthwise: Depends = (evaluated) => {
  const given = only(evaluated);
  if (!given) return null;
  const { isTaken } = takenUp(evaluated.layer);
  const axis = channelAxis(evaluated.layer, given.rank);
  const input = knownAlong(given, axis, isTaken.length);
  const independent = isTaken.flatMap((own, i) => own.map((taken) => !taken || !!input.independent[i]));
  return [activated(evaluated.layer, { axis, independent })];
};

/** The pointwise kernel reads what the depthwise one gives: zero where it takes a channel up nowhere. */
export const separable: Depends = (evaluated) => {
  const { layer } = evaluated;
  const [given, pointwise] = [only(evaluated), weightOf(layer, 'pointwise_kernel')];
  if (!given || !pointwise) return null;
  const { isTaken, sums } = takenUp(layer);
  const input = knownAlong(given, given.rank - 1, isTaken.length);
  const between = isTaken.flatMap((own, i) =>
    own.map((taken, j) => ({
      independent: !taken || !!input.independent[i],
      uniform: !taken || !!input.uniform[i],
      mean: taken ? (input.means[i] ?? Number.NaN) * (sums[i]?.[j] ?? 0) : 0,
    })),
  );
  const kernel = weightOf(layer, 'depthwise_kernel');
  evaluated.note({
    kernel: pointwise.variable,
    input: {
      independent: between.map((one) => one.independent),
      uniform: between.map((one) => one.uniform),
      means: between.map((one) => one.mean),
    },
    unfoldable: padding(layer, kernel?.shape ?? [], false),
  });
  const independent = Array<boolean>(pointwise.shape[3] ?? 0).fill(true);
  eachNonZero(pointwise, [2, 3], (i, j) => {
    if (!between[i]?.independent) independent[j] = false;
  });
  return [activated(layer, { axis: given.rank - 1, independent })];
};

/** Channel by channel: what is computed of no input stays so. */
export const passed: Depends = (evaluated) => {
  const input = only(evaluated);
  return input && [{ axis: input.axis, independent: input.independent }];
};

/** Position by position, of channels that lie where the layer takes them to. */
export const positions: Depends = (evaluated) => {
  const input = only(evaluated);
  return input && input.axis === channelAxis(evaluated.layer, input.rank) ? passed(evaluated) : null;
};

export const activation: Depends = (evaluated) =>
  isElementwise(activationName(evaluated.layer)) ? passed(evaluated) : null;

export const batchNormalisation: Depends = (evaluated) => {
  const input = only(evaluated);
  const axis = Number([evaluated.layer.getConfig().axis ?? -1].flat()[0]);
  return input && (axis < 0 ? input.rank + axis : axis) === input.axis ? passed(evaluated) : null;
};

export const globalPooling: Depends = (evaluated) => {
  const input = only(evaluated);
  if (!input || input.axis !== channelAxis(evaluated.layer, input.rank)) return null;
  return [{ axis: 1, independent: input.independent }];
};

export const repeatVector: Depends = (evaluated) => {
  const input = only(evaluated);
  return input && [{ axis: 2, independent: input.independent }];
};

export const permute: Depends = (evaluated) => {
  const input = only(evaluated);
  const { dims } = evaluated.layer.getConfig();
  if (!input || !Array.isArray(dims)) return null;
  return [{ axis: [0, ...dims.map(Number)].indexOf(input.axis), independent: input.independent }];
};

/** A vector or a map of channels last, cut anew: a channel is independent if all that it is made of is. */
export const reshaped: Depends = ({ layer, inputs, shapes }) => {
  const [input] = inputs;
  const [, ...sizes] = shapes[0] ?? [];
  if (!input || input.axis !== input.rank - 1 || layer.getConfig().dataFormat === 'channelsFirst') return null;
  const channels = sizes.at(-1) ?? 1;
  const independent = Array<boolean>(channels).fill(true);
  for (let i = 0; i < sizes.reduce((a, b) => a * b, 1); i++) {
    if (!input.independent[i % input.independent.length]) independent[i % channels] = false;
  }
  return [{ axis: sizes.length, independent }];
};

/** Element by element. A product with zero is zero, whatever the others are. */
export const merged: Depends = ({ layer, inputs, shapes }) => {
  const rank = shapes[0]?.length ?? 0;
  const axis = rank - 1;
  const all = inputs.filter((input) => input.axis === input.rank - 1);
  if (all.length < inputs.length || all.length === 0) return null;
  const size = shapes[0]?.at(-1) ?? 0;
  const at = <T>(of: readonly T[], i: number): T | undefined => of[of.length === 1 ? 0 : i];
  const isProduct = layer.getClassName() === 'Multiply';
  const isZero = (input: Known, i: number): boolean => constantAt(input, input.means.length === 1 ? 0 : i) === 0;
  const independent = Array.from(
    { length: size },
    (_, i) => all.every((input) => at(input.independent, i)) || (isProduct && all.some((input) => isZero(input, i))),
  );
  return [{ axis, independent }];
};

export const concatenated: Depends = ({ layer, inputs, shapes }) => {
  const last = (shapes[0]?.length ?? 0) - 1;
  if (inputs.some((input) => input.axis !== last)) return null;
  const axis = Number(layer.getConfig().axis ?? -1);
  if (axis === -1 || axis === last) return [{ axis: last, independent: inputs.flatMap((one) => one.independent) }];
  const size = shapes[0]?.at(-1) ?? 0;
  return [
    { axis: last, independent: Array.from({ length: size }, (_, i) => inputs.every((one) => one.independent[i])) },
  ];
};

/** A recurrent unit of which all weights are zero stays zero, if its activation keeps zero where it is. */
export const recurrent: Depends = ({ layer, inputs, shapes, outputs, note }) => {
  const cell: Layer | undefined = Reflect.get(layer, 'cell');
  const [kernel, inner, bias] = ['kernel', 'recurrent_kernel', 'bias'].map((name) => cell && weightOf(cell, name));
  const [input, ...initial] = inputs;
  if (!kernel || !inner || !input || kernel.shape.length !== 2) return null;
  const size = inner.shape[0] ?? 0;
  const isZero = Array<boolean>(size).fill(initial.length === 0 && !layer.getConfig().stateful);
  const spoil = (_: number, column: number): void => {
    isZero[column % size] = false;
  };
  for (const own of [kernel, inner]) eachNonZero(own, [0, 1], spoil);
  if (bias) eachNonZero(bias, [0, 0], spoil);
  // Where zero does not stay zero, the state changes from step to step.
  const given = outputs?.[0]?.dataSync();
  for (const [i, value] of [...(given ?? [Number.NaN])].entries()) if (value !== 0) isZero[i % size] = false;
  note({ kernel: kernel.variable, input: knownAlong(input, 2, kernel.shape[0] ?? 0), unfoldable: null });
  const state = { independent: isZero, uniform: isZero, means: isZero.map((zero) => (zero ? 0 : Number.NaN)) };
  note({
    kernel: inner.variable,
    input: state,
    unfoldable: { because: `the recurrent layer ${layer.name} begins at zero`, isNearly: false },
  });
  return shapes.map((shape) => ({ axis: shape.length - 1, independent: isZero }));
};

export const timeDistributed: Depends = ({ layer, inputs, shapes, inner }) => {
  const [input] = inputs;
  const child: Layer = Reflect.get(layer, 'layer');
  if (!input || input.axis < 2) return null;
  const without = (shape: readonly number[]): number[] => [...shape.slice(0, 1), ...shape.slice(2)];
  const own = { ...input, axis: input.axis - 1, rank: input.rank - 1 };
  const given = inner({ layer: child, inputs: [own], shapes: shapes.map(without), outputs: null });
  return given?.map(({ axis, independent }) => ({ axis: axis + 1, independent })) ?? null;
};

export const sliced: Depends = (evaluated) => {
  const input = only(evaluated);
  const { start, units } = evaluated.layer.getConfig();
  if (!input || input.axis !== input.rank - 1) return null;
  return [{ axis: input.axis, independent: input.independent.slice(Number(start), Number(start) + Number(units)) }];
};
