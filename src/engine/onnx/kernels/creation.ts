/** @file Kernels that make tensors from nothing: constants of the graph. */

import type { Builder } from '../builder.js';
import { dataOf, type ElementType, sizeOf, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';

/** A tfjs dtype that a step can hold. */
export function elementTypeOf(dtype: string): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new TypeError(`a step knows float32, int32 and bool, not ${dtype}`);
}

interface RangeAttributes {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly dtype: string;
}

/** tfjs turns the step around where it cannot reach `stop`. */
function range(g: Builder, { start, stop, step, dtype }: RangeAttributes): Value {
  const type = elementTypeOf(dtype);
  if (start === stop || (start < stop && step < 0) || (stop < start && step > 1)) return o.filled(g, [0], 0, type);
  const by = stop < start && step === 1 ? -1 : step;
  const count = Math.abs(Math.ceil((stop - start) / by));
  // Added up as tfjs does, in the precision of the result.
  const values = dataOf(type, new Float64Array(count));
  if (!(values instanceof BigInt64Array)) {
    values[0] = start;
    for (let i = 1; i < count; i++) values[i] = (values[i - 1] ?? 0) + by;
  }
  return g.constant(type, [count], values);
}

export const creation: readonly Kernel[] = [
  kernel<never, { readonly shape: number[]; readonly value: number; readonly dtype?: string }>(
    'Fill',
    (g, _, { shape, value, dtype }) => o.filled(g, shape, value, elementTypeOf(dtype ?? 'float32')),
  ),
  kernel<'x'>('ZerosLike', (g, { x }) => o.filled(g, x.shape, 0, x.type)),
  kernel<'x'>('OnesLike', (g, { x }) => o.filled(g, x.shape, 1, x.type)),
  kernel<never, RangeAttributes>('Range', (g, _, attributes) => range(g, attributes)),
  kernel<never, { readonly start: number; readonly stop: number; readonly num: number }>(
    'LinSpace',
    (g, _, { start, stop, num }) => {
      const values = new Float32Array(num);
      const step = (stop - start) / (num - 1);
      values[0] = start;
      for (let i = 1; i < num; i++) values[i] = (values[i - 1] ?? 0) + step;
      return g.constant('float32', [num], values);
    },
  ),
  kernel<'x'>('Diag', (g, { x }) => {
    const size = sizeOf(x.shape);
    const type = x.type === 'bool' ? 'int32' : x.type;
    const row = o.reshape(g, o.cast(g, x, type), [1, size]);
    const identity = new Uint8Array(size * size);
    for (let i = 0; i < size; i++) identity[i * size + i] = 1;
    const diagonal = o.where(g, g.constant('bool', [size, size], identity), row, g.scalar(0, type));
    return o.cast(g, o.reshape(g, diagonal, [...x.shape, ...x.shape]), x.type);
  }),
];
