/** @file Morphological dilation (the greatest sum of pixel and kernel in each window) and its gradients. */
import { tf } from '../../../tf.js';
import type { Builder } from '../builder.js';
import { int, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { tapsOf } from './window.js';

interface DilationAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same';
  readonly dilations: number | [number, number];
}

/** tfjs pads with the least whole number. */
const OUTSIDE = Number.MIN_SAFE_INTEGER;

interface Sums {
  /** `[taps, batch, rows, columns, channels]`: pixel plus kernel for each position of the kernel. */
  readonly sums: Value;
  readonly taps: readonly (readonly number[])[];
  /** Cuts what a tap sees out of a padded image. */
  readonly region: (tap: readonly number[]) => {
    readonly starts: number[];
    readonly ends: number[];
    readonly steps: number[];
  };
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function tapSums(g: Builder, x: Value, filter: Value, { strides, pad, dilations }: DilationAttributes): Sums {
  const [batch = 1, height = 1, width = 1, depth = 1] = x.shape;
  const [rows = 1, columns = 1, channels = 1] = filter.shape;
  const info = tf.backend_util.computeDilation2DInfo(
    [batch, height, width, depth],
    [rows, columns, channels],
    strides,
    pad,
    'NHWC',
    dilations,
  );
  const steps = [info.strideHeight, info.strideWidth];
  const { top, left } = info.padInfo;
  const reach = (out: number, i: number, kernelSize: number, dilation: number): number =>
    (out - 1) * (steps[i] ?? 1) + (kernelSize - 1) * dilation + 1;
  const bottom = Math.max(0, reach(info.outHeight, 0, rows, info.dilationHeight) - height - top);
  const right = Math.max(0, reach(info.outWidth, 1, columns, info.dilationWidth) - width - left);
  const [before, after] = [
    [0, top, left, 0],
    [0, bottom, right, 0],
  ];
  const padded = o.pad(g, x, before, after, OUTSIDE);
  const taps = tapsOf([rows, columns]);
  const region: Sums['region'] = ([row = 0, column = 0]) => {
    const starts = [row * info.dilationHeight, column * info.dilationWidth];
    const last = [info.outHeight, info.outWidth].map((size, i) => (starts[i] ?? 0) + (size - 1) * (steps[i] ?? 1));
    return { starts, ends: last.map((end) => end + 1), steps };
  };
  const sums = taps.map((tap) => {
    const { starts, ends } = region(tap);
    const seen = o.slice(g, padded, [1, 2], starts, ends, steps);
    const [row = 0, column = 0] = tap;
    const weight = o.reshape(g, o.slice(g, filter, [0, 1], [row, column], [row + 1, column + 1]), [channels]);
    const sum = o.add(g, seen, weight);
    return o.reshape(g, sum, [1, ...sum.shape]);
  });
  return { sums: o.concat(g, sums, 0), taps, region, before, after };
}

/** dy where the tap gave the first greatest sum, else 0: `[taps, …]`. */
function shares(g: Builder, { sums, taps }: Sums, dy: Value): Value {
  const winner = g.op('ArgMax', [sums], 'int64', sums.shape.slice(1), { axis: int(0), keepdims: int(0) });
  const numbers = o.iota(g, taps.length, 'int32', [taps.length, 1, 1, 1, 1]);
  return o.where(g, o.equal(g, numbers, o.cast(g, winner, 'int32')), dy, 0);
}

/** Each share put back where its tap saw it, and added up. */
function spread(g: Builder, x: Value, dilation: Sums, share: Value): Value {
  const size = x.shape.map((length, axis) => (dilation.before[axis] ?? 0) + length + (dilation.after[axis] ?? 0));
  const parts = dilation.taps.map((tap, i) => {
    const part = o.reshape(g, o.slice(g, share, [0], [i], [i + 1]), share.shape.slice(1));
    const { starts, steps } = dilation.region(tap);
    return place(g, part, [1, 2], starts, steps, size);
  });
  const whole = parts.reduce((sum, part) => o.add(g, sum, part));
  const axes = x.shape.map((_, axis) => axis);
  const ends = x.shape.map((length, axis) => (dilation.before[axis] ?? 0) + length);
  return o.slice(g, whole, axes, dilation.before, ends);
}

/** The inverse of a strided slice: elements at `start + i × step`, zeros between. */
function place(
  g: Builder,
  x: Value,
  axes: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
  size: readonly number[],
): Value {
  return axes.reduce((placed, axis, i) => {
    const [start, step, whole] = [starts[i] ?? 0, steps[i] ?? 1, size[axis] ?? 1];
    const spread = step === 1 ? placed : interleave(g, placed, axis, step);
    const length = spread.shape[axis] ?? 1;
    const at = (amount: number): number[] => spread.shape.map((_, other) => (other === axis ? amount : 0));
    const padded = o.pad(g, spread, at(start), at(Math.max(0, whole - start - length)));
    return o.slice(g, padded, [axis], [0], [whole]);
  }, x);
}

/** step - 1 zeros after each element along an axis. */
function interleave(g: Builder, x: Value, axis: number, step: number): Value {
  const split = o.reshape(g, x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const none = split.shape.map(() => 0);
  const behind = split.shape.map((_, i) => (i === axis + 1 ? step - 1 : 0));
  return o.reshape(
    g,
    o.pad(g, split, none, behind),
    x.shape.map((size, i) => (i === axis ? size * step : size)),
  );
}

export const dilation: readonly Kernel[] = [
  kernel<'x' | 'filter', DilationAttributes>('Dilation2D', (g, { x, filter }, attributes) =>
    o.reduce(g, 'ReduceMax', tapSums(g, x, filter, attributes).sums, [0]),
  ),
  kernel<'x' | 'filter' | 'dy', DilationAttributes>('Dilation2DBackpropInput', (g, { x, filter, dy }, attributes) => {
    const dilation = tapSums(g, x, filter, attributes);
    return spread(g, x, dilation, shares(g, dilation, dy));
  }),
  kernel<'x' | 'filter' | 'dy', DilationAttributes>('Dilation2DBackpropFilter', (g, { x, filter, dy }, attributes) =>
    o.reshape(g, o.reduce(g, 'ReduceSum', shares(g, tapSums(g, x, filter, attributes), dy), [1, 2, 3]), filter.shape),
  ),
];
