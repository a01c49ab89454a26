/** @file Kernels that move elements without computing: reshape, transpose, concat, slice, pad, tile, blocks. */
import { tf } from '../../../tf.js';
import type { Builder } from '../builder.js';
import { int, sizeOf, type Value } from '../graph.js';
import { type Kernel, kernel, listKernel } from '../kernel.js';
import * as o from '../ops.js';

type PaddingPair = readonly [number, number];

const before = (paddings: readonly PaddingPair[]): number[] => paddings.map(([amount]) => amount);
const after = (paddings: readonly PaddingPair[]): number[] => paddings.map(([, amount]) => amount);

function axisOf(axis: number, x: Value): number {
  return axis < 0 ? axis + x.shape.length : axis;
}

/** Pieces of the given sizes along an axis. */
export function split(g: Builder, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  if (sizes.length === 1) return [x];
  const outputs = sizes.map((size) => ({ type: x.type, shape: x.shape.map((s, i) => (i === axis ? size : s)) }));
  return g.ops('Split', [x, g.int64s(sizes)], outputs, { axis: int(axis) });
}

/** Reflection that repeats the edge, which ONNX's Pad lacks: a gather along each axis. */
function padSymmetric(g: Builder, x: Value, paddings: readonly PaddingPair[]): Value {
  return paddings.reduce((padded, [low, high], axis) => {
    if (low === 0 && high === 0) return padded;
    const size = x.shape[axis] ?? 1;
    const indices = Array.from({ length: low + size + high }, (_, i) => {
      const position = i - low;
      return position < 0 ? -position - 1 : position >= size ? 2 * size - position - 1 : position;
    });
    return o.gather(g, padded, g.int64s(indices), axis);
  }, x);
}

function reverse(g: Builder, x: Value, axes: readonly number[]): Value {
  const all = (value: number): number[] => axes.map(() => value);
  const starts = axes.map((axis) => (x.shape[axis] ?? 1) - 1);
  const ends = axes.map((axis) => -1 - (x.shape[axis] ?? 1));
  return axes.length === 0
    ? x
    : g.op('Slice', [x, g.int64s(starts), g.int64s(ends), g.int64s(axes), g.int64s(all(-1))], x.type, x.shape);
}

interface SliceAttributes {
  readonly begin: number | number[];
  readonly size?: number | number[];
}

function slice(g: Builder, x: Value, { begin, size }: SliceAttributes): Value {
  const info = { dataId: {}, dtype: 'float32' as const, shape: [...x.shape] };
  const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(info, begin, size);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => sizes[axis] !== x.shape[axis]);
  if (axes.length === 0) return x;
  const from = axes.map((axis) => starts[axis] ?? 0);
  return o.slice(
    g,
    x,
    axes,
    from,
    axes.map((axis, i) => (from[i] ?? 0) + (sizes[axis] ?? 0)),
  );
}

interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

function stridedSlice(g: Builder, x: Value, a: StridedSliceAttributes): Value {
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  if (info.isIdentity) return o.reshape(g, x, info.finalShape);
  if (sizeOf(info.finalShape) === 0) return o.filled(g, info.finalShape, 0, x.type);
  const axes = x.shape.map((_, axis) => axis);
  const ends = axes.map((axis) => {
    const [end, step] = [info.end[axis] ?? 0, info.strides[axis] ?? 1];
    return step < 0 && end < 0 ? -1 - (x.shape[axis] ?? 1) : end;
  });
  return o.reshape(g, o.slice(g, x, axes, info.begin, ends, info.strides), info.finalShape);
}

interface BlockAttributes {
  readonly blockShape: number[];
  readonly crops: PaddingPair[];
  readonly paddings: PaddingPair[];
}

/** [b·∏block, s/block, …] -> [b, s, …], cropped. */
function batchToSpace(g: Builder, x: Value, { blockShape, crops }: BlockAttributes): Value {
  const blocks = blockShape.length;
  const [batch = 1] = x.shape;
  const rest = x.shape.slice(1 + blocks);
  const spatial = x.shape.slice(1, 1 + blocks);
  const outer = batch / sizeOf(blockShape);
  const split = o.reshape(g, x, [...blockShape, outer, ...spatial, ...rest]);
  const order = [blocks, ...spatial.flatMap((_, i) => [blocks + 1 + i, i]), ...rest.map((_, i) => 2 * blocks + 1 + i)];
  const whole = spatial.map((size, i) => size * (blockShape[i] ?? 1));
  const joined = o.reshape(g, o.transpose(g, split, order), [outer, ...whole, ...rest]);
  const axes = spatial.map((_, i) => i + 1);
  return o.slice(
    g,
    joined,
    axes,
    before(crops),
    after(crops).map((amount, i) => (whole[i] ?? 0) - amount),
  );
}

/** [b, s, …] -> [b·∏block, s/block, …] after padding. */
function spaceToBatch(g: Builder, x: Value, { blockShape, paddings }: BlockAttributes): Value {
  const blocks = blockShape.length;
  const rest = x.shape.slice(1 + blocks);
  const around = (amounts: number[]): number[] => [0, ...amounts, ...rest.map(() => 0)];
  const padded = o.pad(g, x, around(before(paddings)), around(after(paddings)));
  const [batch = 1] = padded.shape;
  const inner = blockShape.map((block, i) => (padded.shape[1 + i] ?? 0) / block);
  const split = o.reshape(g, padded, [batch, ...blockShape.flatMap((block, i) => [inner[i] ?? 0, block]), ...rest]);
  const order = [
    ...blockShape.map((_, i) => 2 + 2 * i),
    0,
    ...blockShape.map((_, i) => 1 + 2 * i),
    ...rest.map((_, i) => 1 + 2 * blocks + i),
  ];
  return o.reshape(g, o.transpose(g, split, order), [batch * sizeOf(blockShape), ...inner, ...rest]);
}

interface DepthToSpaceAttributes {
  readonly blockSize: number;
  readonly dataFormat: 'NHWC' | 'NCHW';
}

function depthToSpace(g: Builder, x: Value, { blockSize, dataFormat }: DepthToSpaceAttributes): Value {
  const [batch = 1, height = 1, width = 1, depth = 1] = x.shape;
  if (dataFormat !== 'NHWC') throw new TypeError('depthToSpace in NCHW is not known to tfjs either');
  const channels = depth / blockSize ** 2;
  const split = o.reshape(g, x, [batch, height, width, blockSize, blockSize, channels]);
  const placed = o.transpose(g, split, [0, 1, 3, 2, 4, 5]);
  return o.reshape(g, placed, [batch, height * blockSize, width * blockSize, channels]);
}

export const shape: readonly Kernel[] = [
  kernel<'x'>('Identity', (_, { x }) => x),
  kernel<'x', { readonly shape: number[] }>('Reshape', (g, { x }, { shape }) =>
    o.reshape(g, x, tf.util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  kernel<'input', { readonly dim: number }>('ExpandDims', (g, { input }, { dim }) => {
    const at = dim < 0 ? dim + input.shape.length + 1 : dim;
    return o.reshape(g, input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)]);
  }),
  kernel<'x', { readonly perm: number[] }>('Transpose', (g, { x }, { perm }) => o.transpose(g, x, perm)),
  listKernel<{ readonly axis: number }>('Concat', (g, parts, { axis }) => {
    const filled = parts.filter((part) => sizeOf(part.shape) > 0);
    const [first] = parts;
    if (first === undefined) throw new TypeError('concat of nothing');
    const along = axisOf(axis, first);
    if (filled.length > 0) return o.concat(g, filled, along);
    const shape = tf.backend_util.computeOutShape(
      parts.map((part) => [...part.shape]),
      along,
    );
    return o.filled(g, shape, 0, first.type);
  }),
  listKernel<{ readonly axis: number }>('Pack', (g, parts, { axis }) => {
    const rows = parts.map((part) => {
      const at = axis < 0 ? axis + part.shape.length + 1 : axis;
      return o.reshape(g, part, [...part.shape.slice(0, at), 1, ...part.shape.slice(at)]);
    });
    const [first] = rows;
    return first === undefined ? [] : o.concat(g, rows, axisOf(axis, first));
  }),
  kernel<'value', { readonly axis: number }>('Unpack', (g, { value }, { axis }) => {
    const at = axisOf(axis, value);
    const without = value.shape.filter((_, i) => i !== at);
    const sizes = Array.from({ length: value.shape[at] ?? 0 }, () => 1);
    return split(g, value, sizes, at).map((part) => o.reshape(g, part, without));
  }),
  kernel<'x', { readonly numOrSizeSplits: number | number[]; readonly axis: number }>(
    'SplitV',
    (g, { x }, { numOrSizeSplits, axis }) => {
      const at = axisOf(axis, x);
      const whole = x.shape[at] ?? 0;
      if (typeof numOrSizeSplits === 'number') {
        return split(
          g,
          x,
          Array.from({ length: numOrSizeSplits }, () => whole / numOrSizeSplits),
          at,
        );
      }
      const known = numOrSizeSplits.reduce((sum, size) => sum + Math.max(0, size), 0);
      return split(
        g,
        x,
        numOrSizeSplits.map((size) => (size < 0 ? whole - known : size)),
        at,
      );
    },
  ),
  kernel<'x', SliceAttributes>('Slice', (g, { x }, attributes) => slice(g, x, attributes)),
  kernel<'x', StridedSliceAttributes>('StridedSlice', (g, { x }, attributes) => stridedSlice(g, x, attributes)),
  kernel<'x', { readonly paddings: PaddingPair[]; readonly constantValue: number }>(
    'PadV2',
    (g, { x }, { paddings, constantValue }) =>
      x.type === 'bool'
        ? o.cast(g, o.pad(g, o.cast(g, x, 'int32'), before(paddings), after(paddings), constantValue), 'bool')
        : o.pad(g, x, before(paddings), after(paddings), constantValue),
  ),
  kernel<'x', { readonly paddings: PaddingPair[]; readonly mode: 'reflect' | 'symmetric' }>(
    'MirrorPad',
    (g, { x }, { paddings, mode }) =>
      mode === 'reflect' ? o.pad(g, x, before(paddings), after(paddings), 0, 'reflect') : padSymmetric(g, x, paddings),
  ),
  kernel<'x', { readonly reps: number[] }>('Tile', (g, { x }, { reps }) => {
    // tfjs's broadcasts are tiles along axes of size 1: as Expand they cost nothing beside an elementwise operator.
    const isBroadcast = reps.every((copies, axis) => copies === 1 || x.shape[axis] === 1);
    return isBroadcast
      ? o.expand(
          g,
          x,
          x.shape.map((size, axis) => size * (reps[axis] ?? 1)),
        )
      : o.tile(g, x, reps);
  }),
  kernel<'x', { readonly dims: number | number[] }>('Reverse', (g, { x }, { dims }) =>
    x.shape.length === 0 ? x : reverse(g, x, tf.util.parseAxisParam(dims, [...x.shape])),
  ),
  kernel<'image'>('FlipLeftRight', (g, { image }) => reverse(g, image, [2])),
  kernel<'x', BlockAttributes>('BatchToSpaceND', (g, { x }, attributes) => batchToSpace(g, x, attributes)),
  kernel<'x', BlockAttributes>('SpaceToBatchND', (g, { x }, attributes) => spaceToBatch(g, x, attributes)),
  kernel<'x', DepthToSpaceAttributes>('DepthToSpace', (g, { x }, attributes) => depthToSpace(g, x, attributes)),
];
