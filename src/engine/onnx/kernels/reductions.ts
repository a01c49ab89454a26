/** @file Reductions, running sums and the softmax family. */
import { tf } from '../../../tf.js';
import { ofNothing, refuseEmpty } from '../../kernels/empty-axis.js';
import type { Builder } from '../builder.js';
import { int, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';

interface AxisAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

function axesOf(x: Value, { axis, reductionIndices }: AxisAttributes): number[] {
  return tf.util.parseAxisParam(axis ?? reductionIndices ?? x.shape.map((_, i) => i), [...x.shape]);
}

const counted = (g: Builder, x: Value): Value => (x.type === 'bool' ? o.cast(g, x, 'int32') : x);

/** Over an empty axis ONNX Runtime's answer differs by operator and type, and so it is not asked. */
function reduction(
  name: string,
  f: (g: Builder, x: Value, axes: readonly number[], keepDims: boolean) => Value,
): Kernel {
  return kernel<'x', AxisAttributes>(name, (g, { x }, attributes) => {
    const [axes, keepDims] = [axesOf(x, attributes), attributes.keepDims ?? false];
    const made = f(g, x, axes, keepDims);
    if (axes.every((axis) => x.shape[axis] !== 0)) return made;
    return o.filled(g, made.shape, ofNothing(name, x.type), made.type);
  });
}

/** `ReduceMax` or `ReduceMin`. A NaN anywhere is the result, which ONNX Runtime's own kernels lose at some places. */
function extreme(op: string, g: Builder, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const found = o.cast(g, o.reduce(g, op, counted(g, x), axes, keepDims), x.type);
  if (x.type !== 'float32' || axes.length === 0) return found;
  const none = o.cast(g, o.test(g, 'IsNaN', x), 'int32');
  return o.where(g, o.cast(g, o.reduce(g, 'ReduceMax', none, axes, keepDims), 'bool'), Number.NaN, found);
}

/**
 * `ArgMax` or `ArgMin`; the first of equals. A NaN is passed over, as on the other engines, unless it comes first: nothing
 * compares with it then. `worst` stands for it there, and its opposite for the first.
 */
function argument(name: string, worst: number): Kernel {
  return kernel<'x', AxisAttributes>(name, (g, { x }, attributes) => {
    const [axis = 0] = axesOf(x, attributes);
    if (x.shape.length === 0) return o.filled(g, [], 0, 'int32');
    refuseEmpty(name, x.shape, axis);
    const shape = o.reducedShape(x.shape, [axis], false);
    const first = x.shape.map((size, i) => (i === axis ? size : 1));
    const places = Float32Array.from({ length: x.shape[axis] ?? 1 }, (_, i) => (i === 0 ? -worst : worst));
    const numbers =
      x.type === 'float32' ? o.where(g, o.test(g, 'IsNaN', x), g.constant('float32', first, places), x) : counted(g, x);
    const found = g.op(name, [numbers], 'int64', shape, { axis: int(axis), keepdims: int(0) });
    return o.cast(g, found, 'int32');
  });
}

interface CumulativeAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Running product in log₂(size) doublings: after step s each element holds the product of the 2^s before it. */
function cumulativeProduct(g: Builder, input: Value, { axis, exclusive, reverse }: CumulativeAttributes): Value {
  const size = input.shape[axis] ?? 1;
  const shifted = (x: Value, by: number): Value => {
    const start = reverse ? by : 0;
    const kept = o.slice(g, x, [axis], [start], [start + size - by]);
    const amount = x.shape.map((_, i) => (i === axis ? by : 0));
    const none = x.shape.map(() => 0);
    return reverse ? o.pad(g, kept, none, amount, 1) : o.pad(g, kept, amount, none, 1);
  };
  let x = exclusive ? shifted(input, 1) : input;
  for (let by = 1; by < size; by *= 2) x = o.mul(g, x, shifted(x, by));
  return x;
}

export const reductions: readonly Kernel[] = [
  reduction('Sum', (g, x, axes, keepDims) => o.reduce(g, 'ReduceSum', counted(g, x), axes, keepDims)),
  reduction('Prod', (g, x, axes, keepDims) => o.reduce(g, 'ReduceProd', counted(g, x), axes, keepDims)),
  reduction('Mean', (g, x, axes, keepDims) => o.reduce(g, 'ReduceMean', o.cast(g, x, 'float32'), axes, keepDims)),
  reduction('Max', (g, x, axes, keepDims) => extreme('ReduceMax', g, x, axes, keepDims)),
  reduction('Min', (g, x, axes, keepDims) => extreme('ReduceMin', g, x, axes, keepDims)),
  reduction('All', (g, x, axes, keepDims) =>
    o.cast(g, o.reduce(g, 'ReduceMin', o.cast(g, x, 'int32'), axes, keepDims), 'bool'),
  ),
  reduction('Any', (g, x, axes, keepDims) =>
    o.cast(g, o.reduce(g, 'ReduceMax', o.cast(g, x, 'int32'), axes, keepDims), 'bool'),
  ),
  argument('ArgMax', Number.NEGATIVE_INFINITY),
  argument('ArgMin', Number.POSITIVE_INFINITY),
  kernel<'x', CumulativeAttributes>('Cumsum', (g, { x }, { axis, exclusive, reverse }) => {
    if (x.shape.length === 0) return exclusive ? o.filled(g, [], 0, x.type) : x;
    const numbers = counted(g, x);
    return g.op('CumSum', [numbers, g.scalar(axis, 'int64')], numbers.type, x.shape, {
      exclusive: int(exclusive ? 1 : 0),
      reverse: int(reverse ? 1 : 0),
    });
  }),
  kernel<'x', CumulativeAttributes>('Cumprod', (g, { x }, attributes) =>
    cumulativeProduct(g, counted(g, x), attributes),
  ),
  kernel<'logits', { readonly dim: number }>('Softmax', (g, { logits }, { dim }) =>
    o.softmax(g, o.cast(g, logits, 'float32'), dim < 0 ? dim + logits.shape.length : dim),
  ),
];
