/** @file Gather, scatter, one-hot, counting and ranking. */
import type { Builder } from '../builder.js';
import { type ElementType, int, sizeOf, text, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { elementTypeOf } from './creation.js';

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number | null;
}

/** Works on `[batch, outer, size, inner]`, as tfjs does; batches become rows of one table. */
function gather(g: Builder, x: Value, indices: Value, { axis, batchDims }: GatherAttributes): Value {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const integers = o.cast(g, indices, 'int32');
  if ((batchDims ?? 0) === 0) return o.gather(g, x, integers, along);
  const at = batchDims ?? 0;
  const dims = at < 0 ? at + indices.shape.length : at;
  const batch = sizeOf(x.shape.slice(0, dims));
  const outer = x.shape.slice(dims, along);
  const size = x.shape[along] ?? 1;
  const inner = x.shape.slice(along + 1);
  const picked = indices.shape.slice(dims);
  const table = o.transpose(g, o.reshape(g, x, [batch, sizeOf(outer), size, sizeOf(inner)]), [0, 2, 1, 3]);
  const offsets = o.mul(g, o.iota(g, batch, 'int32', [batch, 1]), size);
  const rows = o.add(g, o.reshape(g, integers, [batch, sizeOf(picked)]), offsets);
  const flat = o.reshape(g, table, [batch * size, sizeOf(outer), sizeOf(inner)]);
  const taken = o.transpose(g, o.gather(g, flat, rows, 0), [0, 2, 1, 3]);
  return o.reshape(g, taken, [...x.shape.slice(0, dims), ...outer, ...picked, ...inner]);
}

/** `[…, depth]` coordinates -> the row they name in `shape`, row-major. */
function linearIndex(g: Builder, indices: Value, shape: readonly number[]): Value {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const weights = g.constant('int32', [shape.length], Int32Array.from(strides));
  const rank = indices.shape.length;
  return o.reduce(g, 'ReduceSum', o.mul(g, o.cast(g, indices, 'int32'), weights), [rank - 1]);
}

function gatherNd(g: Builder, x: Value, indices: Value): Value {
  const depth = indices.shape.at(-1) ?? 0;
  const [outer, inner] = [x.shape.slice(0, depth), x.shape.slice(depth)];
  const table = o.reshape(g, x, [sizeOf(outer), ...inner]);
  return o.gather(g, table, linearIndex(g, indices, outer), 0);
}

/**
 * Writes `updates` (`[count, inner]`) to rows of `base` (`[rows, inner]`). ScatterElements and not ScatterND: it runs
 * in order on one thread, so that repeated rows give the same sum every time.
 */
function scatterRows(g: Builder, base: Value, rows: Value, updates: Value, reduction: 'add' | 'none'): Value {
  const [count = 0, inner = 1] = updates.shape;
  const indices = o.expand(g, o.reshape(g, rows, [count, 1]), [count, inner]);
  const attributes = { axis: int(0), ...(reduction === 'add' ? { reduction: text('add') } : {}) };
  return g.op('ScatterElements', [base, indices, updates], base.type, base.shape, attributes);
}

interface Scattered {
  readonly indices: Value;
  readonly updates: Value;
  readonly shape: readonly number[];
}

function scatter(g: Builder, base: Value, { indices, updates, shape }: Scattered, reduction: 'add' | 'none'): Value {
  // A vector of indices into a vector stands for a column of them.
  const depth = indices.shape.length < 2 ? 1 : (indices.shape.at(-1) ?? 1);
  const count = sizeOf(indices.shape) / Math.max(1, depth);
  const columns = o.reshape(g, indices, [count, depth]);
  const [outer, inner] = [shape.slice(0, depth), sizeOf(shape.slice(depth))];
  const rows = linearIndex(g, columns, outer);
  const spread = sizeOf(updates.shape) === count * inner ? updates : o.expand(g, updates, [count, inner]);
  const table = o.reshape(g, base, [sizeOf(outer), inner]);
  return o.reshape(g, scatterRows(g, table, rows, o.reshape(g, spread, [count, inner]), reduction), shape);
}

/** Segments outside 0..count-1 fall into one more row, which is cut off. */
function segmentSum(g: Builder, x: Value, ids: Value, count: number): Value {
  const items = sizeOf(ids.shape);
  const inner = x.shape.slice(ids.shape.length);
  const updates = o.reshape(g, o.cast(g, x, 'float32'), [items, sizeOf(inner)]);
  const known = o.and(g, o.greaterEqual(g, ids, 0), o.less(g, ids, count));
  const rows = o.where(g, known, ids, count);
  const sums = scatterRows(g, o.filled(g, [count + 1, sizeOf(inner)], 0, 'float32'), rows, updates, 'add');
  return o.reshape(g, o.slice(g, sums, [0], [0], [count]), [count, ...inner]);
}

interface OneHotAttributes {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: string;
}

/** An index outside 0..depth-1 lights nothing. */
function oneHot(g: Builder, indices: Value, depth: number, on: number, off: number, type: ElementType): Value {
  const column = o.reshape(g, o.cast(g, indices, 'int32'), [...indices.shape, 1]);
  const lit = o.equal(g, column, o.iota(g, depth, 'int32'));
  if (on === 1 && off === 0) return o.cast(g, lit, type);
  const working = type === 'bool' ? 'int32' : type;
  return o.cast(g, o.where(g, lit, g.scalar(on, working), g.scalar(off, working)), type);
}

/** How often each of 0..size-1 occurs in each row, or the sum of the weights there. */
function countRows(g: Builder, x: Value, weights: Value, size: number, binary: boolean): Value {
  const type = weights.type === 'bool' ? 'int32' : weights.type;
  const lit = oneHot(g, x, size, 1, 0, type);
  const counted = x.shape.length - 1;
  if (binary) return o.reduce(g, 'ReduceMax', lit, [counted]);
  if (sizeOf(weights.shape) === 0) return o.reduce(g, 'ReduceSum', lit, [counted]);
  const column = o.reshape(g, o.cast(g, weights, type), [...weights.shape, 1]);
  return o.reduce(g, 'ReduceSum', o.mul(g, lit, column), [counted]);
}

/** Values are in order, so a value's place is the number of those below it. */
function searchSorted(g: Builder, sorted: Value, values: Value, side: 'left' | 'right'): Value {
  const [rows = 1, length = 1] = sorted.shape;
  const column = o.reshape(g, values, [...values.shape, 1]);
  const row = o.reshape(g, sorted, [rows, 1, length]);
  const below = side === 'left' ? o.less(g, row, column) : o.lessEqual(g, row, column);
  return o.reduce(g, 'ReduceSum', o.cast(g, below, 'int32'), [2]);
}

export const indexing: readonly Kernel[] = [
  kernel<'x' | 'indices', GatherAttributes>('GatherV2', (g, { x, indices }, attributes) =>
    gather(g, x, indices, attributes),
  ),
  kernel<'params' | 'indices'>('GatherNd', (g, { params, indices }) => gatherNd(g, params, indices)),
  kernel<'indices' | 'updates', { readonly shape: number[] }>('ScatterNd', (g, { indices, updates }, { shape }) =>
    scatter(g, o.filled(g, shape, 0, updates.type), { indices, updates, shape }, 'add'),
  ),
  kernel<'tensor' | 'indices' | 'updates'>('TensorScatterUpdate', (g, { tensor, indices, updates }) =>
    scatter(g, tensor, { indices, updates, shape: tensor.shape }, 'none'),
  ),
  kernel<'sparseIndices' | 'sparseValues' | 'defaultValue', { readonly outputShape: number[] }>(
    'SparseToDense',
    (g, { sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
      const base = o.expand(g, o.reshape(g, o.cast(g, defaultValue, sparseValues.type), []), outputShape);
      return scatter(g, base, { indices: sparseIndices, updates: sparseValues, shape: outputShape }, 'none');
    },
  ),
  kernel<'x' | 'segmentIds', { readonly numSegments: number }>(
    'UnsortedSegmentSum',
    (g, { x, segmentIds }, { numSegments }) => segmentSum(g, x, o.cast(g, segmentIds, 'int32'), numSegments),
  ),
  kernel<'indices', OneHotAttributes>('OneHot', (g, { indices }, { depth, onValue, offValue, dtype }) =>
    oneHot(g, indices, depth, onValue, offValue, elementTypeOf(dtype)),
  ),
  kernel<'x' | 'weights', { readonly size: number }>('Bincount', (g, { x, weights }, { size }) =>
    countRows(g, o.reshape(g, x, [sizeOf(x.shape)]), weights, size, false),
  ),
  kernel<'x' | 'weights', { readonly size: number; readonly binaryOutput: boolean }>(
    'DenseBincount',
    (g, { x, weights }, { size, binaryOutput }) => countRows(g, x, weights, size, binaryOutput),
  ),
  // NaN ranks with infinity, so that it is seen; by itself it has no rank, and what comes out differs by engine.
  kernel<'x', { readonly k: number; readonly sorted: boolean }>('TopK', (g, { x }, { k }) => {
    const shape = [...x.shape.slice(0, -1), k];
    const type = x.type === 'bool' ? 'int32' : x.type;
    const ranked = x.type === 'float32' ? o.where(g, o.test(g, 'IsNaN', x), Number.POSITIVE_INFINITY, x) : x;
    const [values, indices] = g.ops(
      'TopK',
      [o.cast(g, ranked, type), g.int64s([k])],
      [
        { type, shape },
        { type: 'int64', shape },
      ],
      { axis: int(-1), sorted: int(1) },
    );
    if (values === undefined || indices === undefined) throw new RangeError('TopK has two outputs');
    if (ranked === x) return [o.cast(g, values, x.type), o.cast(g, indices, 'int32')];
    const taken = g.op('GatherElements', [x, indices], x.type, shape, { axis: int(-1) });
    return [taken, o.cast(g, indices, 'int32')];
  }),
  kernel<'sortedSequence' | 'values', { readonly side: 'left' | 'right' }>(
    'SearchSorted',
    (g, { sortedSequence, values }, { side }) => searchSorted(g, sortedSequence, values, side),
  ),
];
