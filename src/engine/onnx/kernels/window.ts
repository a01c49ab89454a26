/** @file What convolutions and poolings share: sliding windows over one to three spatial axes, channels first. */
import { tf } from '../../../tf.js';
import type { Builder } from '../builder.js';
import { type Attributes, ints, type Value } from '../graph.js';
import * as o from '../ops.js';

/** One number for each spatial axis, in every field. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly channelsLast: boolean;
}

type Padding = 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
type Rounding = 'floor' | 'round' | 'ceil';
type DataFormat = 'NHWC' | 'NCHW';

export interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dataFormat?: DataFormat;
  readonly dilations?: number | [number, number] | null;
  readonly dimRoundingMode?: Rounding;
}

/** Reason for the two assertions: graph shapes are readonly lists of any length; the callers' ranks are fixed by tfjs. */
const four = (shape: readonly number[]): [number, number, number, number] => shape as [number, number, number, number];
const five = (shape: readonly number[]): [number, number, number, number, number] =>
  shape as [number, number, number, number, number];

export function window2d(
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode }: ConvolutionAttributes,
  depthwise = false,
): Window {
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  const info = tf.backend_util.computeConv2DInfo(
    four(input),
    four(filter),
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
    format,
  );
  return planar(info);
}

export interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dimRoundingMode?: Rounding;
}

export function poolWindow2d(
  input: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): Window {
  return planar(tf.backend_util.computePool2DInfo(four(input), filterSize, strides, 1, pad, dimRoundingMode));
}

function planar(info: tf.backend_util.Conv2DInfo): Window {
  return exact({
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    channelsLast: info.dataFormat === 'channelsLast',
  });
}

export interface Convolution3dAttributes {
  readonly strides: number | [number, number, number];
  readonly pad: 'valid' | 'same';
  readonly dilations?: number | [number, number, number] | null;
}

export function window3d(
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations }: Convolution3dAttributes,
): Window {
  return spatial(tf.backend_util.computeConv3DInfo(five(input), five(filter), strides, dilations ?? 1, pad));
}

export interface Pool3dAttributes {
  readonly filterSize: number | [number, number, number];
  readonly strides: number | [number, number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: Rounding;
}

export function poolWindow3d(
  input: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: Pool3dAttributes,
): Window {
  return spatial(tf.backend_util.computePool3DInfo(five(input), filterSize, strides, 1, pad, dimRoundingMode));
}

function spatial(info: tf.backend_util.Conv3DInfo): Window {
  return exact({
    kernel: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    channelsLast: info.dataFormat === 'channelsLast',
  });
}

/** Pads behind exactly as far as the last window reaches; input that no window reaches is left over. */
function exact(window: Omit<Window, 'after'>): Window {
  const after = window.input.map((size, i) => {
    const reach = ((window.output[i] ?? 1) - 1) * (window.strides[i] ?? 1) + extent(window, i);
    return Math.max(0, reach - size - (window.before[i] ?? 0));
  });
  return { ...window, after };
}

/**
 * tfjs's volumes have negative padding in front where `same` meets a window smaller than its stride: the first window
 * starts inside the input. ONNX knows no such thing, so the input is cut there, and a gradient is padded again.
 */
export function inside(window: Window): Window {
  if (window.before.every((amount) => amount >= 0)) return window;
  return {
    ...window,
    before: window.before.map((amount) => Math.max(0, amount)),
    input: window.input.map((size, i) => size - cutOf(window, i)),
  };
}

/** What `inside(window)` slides over. */
export function trimmed(g: Builder, x: Value, window: Window): Value {
  const first = window.channelsLast ? 1 : 2;
  const axes = window.input.map((_, i) => first + i);
  const starts = window.input.map((_, i) => cutOf(window, i));
  return o.slice(g, x, axes, starts, window.input);
}

/** The gradient of `trimmed`. */
export function untrimmed(g: Builder, dx: Value, window: Window): Value {
  const none = dx.shape.map(() => 0);
  const first = window.channelsLast ? 1 : 2;
  return o.pad(
    g,
    dx,
    none.map((_, axis) => (window.input[axis - first] === undefined ? 0 : cutOf(window, axis - first))),
    none,
  );
}

function cutOf({ before }: Window, axis: number): number {
  return Math.max(0, -(before[axis] ?? 0));
}

/** Length of the dilated kernel along a spatial axis. */
export function extent({ kernel, dilations }: Pick<Window, 'kernel' | 'dilations'>, axis: number): number {
  return ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
}

export function windowAttributes(window: Window): Attributes {
  return {
    kernel_shape: ints(window.kernel),
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints([...window.before, ...window.after]),
  };
}

/** [batch, …, channels] -> [batch, channels, …]; as it is where channels come first already. */
export function channelsFirst(g: Builder, x: Value, { channelsLast }: Pick<Window, 'channelsLast'>): Value {
  const rank = x.shape.length;
  return channelsLast ? o.transpose(g, x, [0, rank - 1, ...x.shape.slice(2).map((_, i) => i + 1)]) : x;
}

/** The way back. */
export function restored(g: Builder, x: Value, { channelsLast }: Pick<Window, 'channelsLast'>): Value {
  return channelsLast ? o.transpose(g, x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]) : x;
}

/** Every position of the kernel, row-major. */
export function tapsOf(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );
}

export interface Taps {
  /** For each tap, what it sees: `[batch, channels, length]`. */
  readonly views: readonly Value[];
  /** Brings a tensor of the output's positions (`[batch, channels, …]`) to the same length, zero where a view runs over. */
  readonly align: (y: Value) => Value;
}

/**
 * What each tap of the kernel sees, flattened. With stride 1 a tap's view of the padded input is one contiguous run
 * from its offset on (rows run over their ends, where `align` puts zeros), which is far cheaper than a strided cut.
 */
export function tapViews(g: Builder, x: Value, window: Window): Taps {
  const [batch = 1, channels = 1] = x.shape;
  const { kernel, strides, dilations, before, after, output } = window;
  const taps = tapsOf(kernel);
  const axes = output.map((_, i) => i + 2);
  const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const flatten = (y: Value): Value => o.reshape(g, y, [batch, y.shape[1] ?? 1, count(y.shape.slice(2))]);
  const start = (tap: readonly number[]): number[] => tap.map((position, i) => position * (dilations[i] ?? 1));
  if (strides.every((stride) => stride === 1) && taps.length > 1) {
    // One more slab behind, for the run of the last tap.
    const slab = after.map((amount, i) => (i === 0 ? amount + 1 : amount));
    const padded = o.pad(g, x, [0, 0, ...before], [0, 0, ...slab]);
    const grid = padded.shape.slice(2);
    const [rows = 1] = output;
    const length = rows * count(grid.slice(1));
    const run = o.reshape(g, padded, [batch, channels, count(grid)]);
    const offset = (tap: readonly number[]): number =>
      start(tap).reduce((sum, position, i) => sum + position * count(grid.slice(i + 1)), 0);
    const missing = grid.map((size, i) => (i === 0 ? 0 : size - (output[i] ?? 0)));
    return {
      views: taps.map((tap) => o.slice(g, run, [2], [offset(tap)], [offset(tap) + length])),
      align: (y) => flatten(o.pad(g, y, [0, 0, ...missing.map(() => 0)], [0, 0, ...missing])),
    };
  }
  const padded = o.pad(g, x, [0, 0, ...before], [0, 0, ...after]);
  return {
    views: taps.map((tap) => {
      const from = start(tap);
      const to = from.map((position, i) => position + ((output[i] ?? 1) - 1) * (strides[i] ?? 1) + 1);
      return flatten(o.slice(g, padded, axes, from, to, strides));
    }),
    align: flatten,
  };
}
