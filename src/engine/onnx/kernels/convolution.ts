/**
 * @file Convolutions of one to three spatial axes and their gradients. ONNX convolves channels first, tfjs channels
 * last; each kernel transposes on its way in and out, and the transpose pass lets neighbours' transposes cancel.
 */
import type { Builder } from '../builder.js';
import { int, ints, sizeOf, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { activate } from './elementwise.js';
import {
  type Convolution3dAttributes,
  type ConvolutionAttributes,
  channelsFirst,
  extent,
  inside,
  restored,
  tapsOf,
  tapViews,
  trimmed,
  untrimmed,
  type Window,
  window2d,
  window3d,
  windowAttributes,
} from './window.js';

/** Elements of the largest unfolded input that the filter gradient makes at a time: 64 MB. */
const UNFOLD_LIMIT = 2 ** 24;

/** Channels-first convolution with `filter` as `[out, in / groups, …]`. */
function convolve(g: Builder, x: Value, filter: Value, window: Window, groups = 1): Value {
  const shape = [x.shape[0] ?? 1, filter.shape[0] ?? 1, ...window.output];
  return g.op('Conv', [x, filter], 'float32', shape, { ...windowAttributes(window), group: int(groups) });
}

/** tfjs's `[…, in, out]` as ONNX's `[out, in, …]`. */
function filterFirst(g: Builder, filter: Value): Value {
  const rank = filter.shape.length;
  return o.transpose(g, filter, [rank - 1, rank - 2, ...filter.shape.slice(2).map((_, i) => i)]);
}

function forward(g: Builder, x: Value, filter: Value, window: Window): Value {
  return restored(g, convolve(g, channelsFirst(g, x, window), filterFirst(g, filter), window), window);
}

/** Spreads `dy` back over the input; `filter` as `[channels of dy, channels of x / groups, …]`. */
function transposed(g: Builder, dy: Value, filter: Value, window: Window, groups: number): Value {
  const { strides, dilations, before, after, input, output } = window;
  const missing = input.map((size, i) => {
    const reached = (strides[i] ?? 1) * ((output[i] ?? 1) - 1) + extent(window, i);
    return size - (reached - (before[i] ?? 0) - (after[i] ?? 0));
  });
  const shape = [dy.shape[0] ?? 1, (filter.shape[1] ?? 1) * groups, ...input];
  return g.op('ConvTranspose', [dy, filter], 'float32', shape, {
    kernel_shape: ints(window.kernel),
    strides: ints(strides),
    dilations: ints(dilations),
    pads: ints([...before, ...after]),
    output_padding: ints(missing),
    group: int(groups),
  });
}

/** The window that slides over `dy` with the kernel turned around; null where strides or wide padding forbid it. */
function mirrored(window: Window): Window | null {
  const { strides, before, after, input, output } = window;
  if (strides.some((stride) => stride !== 1)) return null;
  const around = (amounts: readonly number[]): number[] => amounts.map((amount, i) => extent(window, i) - 1 - amount);
  const mirror = { ...window, before: around(before), after: around(after), input: output, output: input };
  return [...mirror.before, ...mirror.after].some((amount) => amount < 0) ? null : mirror;
}

function flipped(g: Builder, filter: Value): Value {
  const axes = filter.shape.slice(2).map((_, i) => i + 2);
  const last = axes.map((axis) => (filter.shape[axis] ?? 1) - 1);
  const end = axes.map((axis) => -1 - (filter.shape[axis] ?? 1));
  const steps = axes.map(() => -1);
  if (last.every((position) => position === 0)) return filter;
  return g.op(
    'Slice',
    [filter, g.int64s(last), g.int64s(end), g.int64s(axes), g.int64s(steps)],
    'float32',
    filter.shape,
  );
}

/** With stride 1 a convolution of `dy` with the turned kernel (MLAS's fast path), else ONNX's transposed convolution. */
function inputGradient(g: Builder, dy: Value, filter: Value, window: Window): Value {
  const first = channelsFirst(g, dy, window);
  const mirror = mirrored(window);
  const outFirst = filterFirst(g, filter);
  if (mirror === null) return restored(g, transposed(g, first, outFirst, window, 1), window);
  const order = outFirst.shape.map((_, axis) => (axis === 0 ? 1 : axis === 1 ? 0 : axis));
  return restored(g, convolve(g, first, flipped(g, o.transpose(g, outFirst, order)), mirror), window);
}

/** Positions of the output up to which, with stride 1, one product over the gathered rows beats a product an image. */
const FEW_POSITIONS = 256;

/** Σ over batch and positions of dy × what each tap sees, as `[…, in, out]`. */
function filterGradient(g: Builder, x: Value, dy: Value, window: Window): Value {
  const positions = sizeOf(window.output);
  const unfolded = (sizeOf(x.shape) / sizeOf(window.input)) * positions * sizeOf(window.kernel);
  const isStrided = window.strides.some((stride) => stride !== 1);
  const isSmall = positions <= FEW_POSITIONS && sizeOf(window.kernel) > 1;
  const gathers = (isStrided || isSmall) && unfolded <= UNFOLD_LIMIT;
  return gathers ? byGathering(g, x, dy, window) : byTaps(g, x, dy, window);
}

/**
 * Unfolds the channels-last input by one gather of pixels, `[batch × positions, taps × in]`, for one product with dy:
 * the fastest where strides make other unfoldings strided copies, or where images are small.
 */
function byGathering(g: Builder, x: Value, dy: Value, window: Window): Value {
  const last = (y: Value): Value => (window.channelsLast ? y : restored(g, y, { channelsLast: true }));
  const pixels = sizeOf(window.input);
  const [input, gradient] = [last(x), last(dy)];
  const [batch = 1] = input.shape;
  const [channels = 1, out = 1] = [input.shape.at(-1), gradient.shape.at(-1)];
  // One row of zeros behind the pixels, for taps that see padding.
  const rows = o.pad(g, o.reshape(g, input, [batch, pixels, channels]), [0, 0, 0], [0, 1, 0]);
  const places = seenPixels(window);
  const seen = o.gather(g, rows, g.constant('int32', [places.length], places), 1);
  const positions = batch * sizeOf(window.output);
  const columns = o.reshape(g, seen, [positions, sizeOf(window.kernel) * channels]);
  const product = o.gemm(g, columns, o.reshape(g, gradient, [positions, out]), { transposeA: true });
  return o.reshape(g, product, [...window.kernel, channels, out]);
}

/** For each output position and tap the pixel it sees, row-major; one behind the last for padding. */
function seenPixels({ output, kernel, strides, dilations, before, input }: Window): Int32Array {
  const taps = tapsOf(kernel);
  const places = tapsOf(output).flatMap((position) =>
    taps.map((tap) => {
      let place = 0;
      for (const [axis, size] of input.entries()) {
        const start = (position[axis] ?? 0) * (strides[axis] ?? 1) - (before[axis] ?? 0);
        const at = start + (tap[axis] ?? 0) * (dilations[axis] ?? 1);
        if (at < 0 || at >= size) return sizeOf(input);
        place = place * size + at;
      }
      return place;
    }),
  );
  return Int32Array.from(places);
}

/**
 * Unfolds the channels-first input tap by tap, `[batch, taps × in, positions]`, for a product an image and a sum over
 * the batch. Two to three times faster than the textbook convolution with swapped axes, whose kernel is as large as
 * the image.
 */
function byTaps(g: Builder, x: Value, dy: Value, window: Window): Value {
  const first = channelsFirst(g, x, window);
  const { views, align } = tapViews(g, first, window);
  const gradient = align(channelsFirst(g, dy, window));
  const [, channels = 1] = first.shape;
  const out = gradient.shape[1] ?? 1;
  const atOnce = Math.max(1, Math.floor(UNFOLD_LIMIT / Math.max(1, sizeOf(views[0]?.shape ?? []))));
  const parts: Value[] = [];
  for (let i = 0; i < views.length; i += atOnce) {
    const unfolded = o.transpose(g, o.concat(g, views.slice(i, i + atOnce), 1), [0, 2, 1]);
    parts.push(o.reduce(g, 'ReduceSum', o.matMul(g, gradient, unfolded), [0]));
  }
  const byTap = o.reshape(g, o.concat(g, parts, 1), [out, ...window.kernel, channels]);
  return o.transpose(g, byTap, [...window.kernel.map((_, i) => i + 1), window.kernel.length + 1, 0]);
}

/** `[height, width, in, multiplier]` -> `[in × multiplier, 1, height, width]`. */
function depthwiseFilter(g: Builder, filter: Value): Value {
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape;
  return o.reshape(g, o.transpose(g, filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function depthwise(g: Builder, x: Value, filter: Value, window: Window): Value {
  const groups = filter.shape[2] ?? 1;
  return restored(g, convolve(g, channelsFirst(g, x, window), depthwiseFilter(g, filter), window, groups), window);
}

function depthwiseInputGradient(g: Builder, dy: Value, filter: Value, window: Window): Value {
  const first = channelsFirst(g, dy, window);
  const mirror = filter.shape[3] === 1 ? mirrored(window) : null;
  const perChannel = depthwiseFilter(g, filter);
  const groups = filter.shape[2] ?? 1;
  const gradient =
    mirror === null
      ? transposed(g, first, perChannel, window, groups)
      : convolve(g, first, flipped(g, perChannel), mirror, groups);
  return restored(g, gradient, window);
}

/** Tap by tap: each channel's view times its own channels of dy, summed over batch and positions. */
function depthwiseFilterGradient(g: Builder, x: Value, dy: Value, window: Window): Value {
  const first = channelsFirst(g, x, window);
  const { views, align } = tapViews(g, first, window);
  const gradient = align(channelsFirst(g, dy, window));
  const [batch = 1, channels = 1, length = 1] = views[0]?.shape ?? [];
  const multiplier = (gradient.shape[1] ?? 1) / channels;
  const split = o.reshape(g, gradient, [batch, channels, multiplier, length]);
  const sums = views.map((view) => {
    const product = o.mul(g, split, o.reshape(g, view, [batch, channels, 1, length]));
    return o.reshape(g, o.reduce(g, 'ReduceSum', product, [0, 3]), [1, channels, multiplier]);
  });
  return o.reshape(g, o.concat(g, sums, 0), [...window.kernel, channels, multiplier]);
}

interface FusedAttributes extends ConvolutionAttributes {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/** Bias and slopes of one number a channel lie along the channel axis, which NCHW has second. */
function alongChannels(g: Builder, x: Value, { channelsLast }: Window): Value {
  return !channelsLast && x.shape.length === 1 && x.shape[0] !== 1 ? o.reshape(g, x, [x.shape[0] ?? 1, 1, 1]) : x;
}

type FusedInput = 'x' | 'filter' | 'bias' | 'preluActivationWeights';

function fused(name: string, isDepthwise: boolean): Kernel {
  return kernel<FusedInput, FusedAttributes>(name, (g, { x, filter, bias, preluActivationWeights }, attributes) => {
    const window = window2d(x.shape, filter.shape, attributes, isDepthwise);
    const convolved = (isDepthwise ? depthwise : forward)(g, x, filter, window);
    const biased = bias === undefined ? convolved : o.add(g, convolved, alongChannels(g, bias, window));
    const slopes = preluActivationWeights === undefined ? undefined : alongChannels(g, preluActivationWeights, window);
    return activate(g, biased, attributes.activation ?? 'linear', slopes, attributes.leakyreluAlpha);
  });
}

type WithFilterShape<A> = A & { readonly filterShape: number[] };
type WithInputShape<A> = A & { readonly inputShape: number[] };

export const convolution: readonly Kernel[] = [
  kernel<'x' | 'filter', ConvolutionAttributes>('Conv2D', (g, { x, filter }, attributes) =>
    forward(g, x, filter, window2d(x.shape, filter.shape, attributes)),
  ),
  kernel<'dy' | 'filter', WithInputShape<ConvolutionAttributes>>(
    'Conv2DBackpropInput',
    (g, { dy, filter }, attributes) =>
      inputGradient(g, dy, filter, window2d(attributes.inputShape, filter.shape, attributes)),
  ),
  kernel<'x' | 'dy', WithFilterShape<ConvolutionAttributes>>('Conv2DBackpropFilter', (g, { x, dy }, attributes) =>
    filterGradient(g, x, dy, window2d(x.shape, attributes.filterShape, attributes)),
  ),
  kernel<'x' | 'filter', Convolution3dAttributes>('Conv3D', (g, { x, filter }, attributes) => {
    const window = window3d(x.shape, filter.shape, attributes);
    return forward(g, trimmed(g, x, window), filter, inside(window));
  }),
  kernel<'dy' | 'filter', WithInputShape<Convolution3dAttributes>>(
    'Conv3DBackpropInputV2',
    (g, { dy, filter }, attributes) => {
      const window = window3d(attributes.inputShape, filter.shape, attributes);
      return untrimmed(g, inputGradient(g, dy, filter, inside(window)), window);
    },
  ),
  kernel<'x' | 'dy', WithFilterShape<Convolution3dAttributes>>('Conv3DBackpropFilterV2', (g, { x, dy }, attributes) => {
    const window = window3d(x.shape, attributes.filterShape, attributes);
    return filterGradient(g, trimmed(g, x, window), dy, inside(window));
  }),
  kernel<'x' | 'filter', ConvolutionAttributes>('DepthwiseConv2dNative', (g, { x, filter }, attributes) =>
    depthwise(g, x, filter, window2d(x.shape, filter.shape, attributes, true)),
  ),
  kernel<'dy' | 'filter', WithInputShape<ConvolutionAttributes>>(
    'DepthwiseConv2dNativeBackpropInput',
    (g, { dy, filter }, attributes) =>
      depthwiseInputGradient(g, dy, filter, window2d(attributes.inputShape, filter.shape, attributes, true)),
  ),
  kernel<'x' | 'dy', WithFilterShape<ConvolutionAttributes>>(
    'DepthwiseConv2dNativeBackpropFilter',
    (g, { x, dy }, attributes) =>
      depthwiseFilterGradient(g, x, dy, window2d(x.shape, attributes.filterShape, attributes, true)),
  ),
  fused('FusedConv2D', false),
  fused('FusedDepthwiseConv2D', true),
];
