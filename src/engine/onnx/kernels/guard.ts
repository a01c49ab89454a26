/**
 * @file Indices of a recorded graph. A graph cannot refuse, so it brings out the least and the greatest index, which the host
 * looks at before it accepts anything of the run; and it clamps them, so that no read leaves its table meanwhile.
 */
import { extremesOf, indexRules, refuseOutside } from '../../kernels/indices.js';
import type { Builder } from '../builder.js';
import { sizeOf, type Value } from '../graph.js';
import type { Kernel } from '../kernel.js';
import * as o from '../ops.js';

/** The kernel, reading places that are there. */
export function guarded(kernel: Kernel): Kernel {
  const rule = indexRules.get(kernel.name);
  if (rule === undefined) return kernel;
  return {
    name: kernel.name,
    build: (g, inputs, attributes) => {
      const indices = inputs[rule.input];
      const limits = rule.limits((input) => inputs[input]?.shape ?? [], attributes);
      if (indices === undefined || sizeOf(indices.shape) === 0 || limits.length === 0) {
        return kernel.build(g, inputs, attributes);
      }
      const safe = clamped(g, kernel.name, o.cast(g, indices, 'int32'), limits);
      return kernel.build(g, { ...inputs, [rule.input]: safe }, attributes);
    },
  };
}

function clamped(g: Builder, operation: string, indices: Value, limits: readonly number[]): Value {
  const where = g.scope() === '' ? operation : `${operation} in layer ${g.scope()}`;
  if (indices.data !== undefined) {
    refuseOutside(where, extremesOf(Array.from<number | bigint, number>(indices.data, Number), limits.length), limits);
    return indices;
  }
  if (limits.includes(0)) refuseOutside(where, { least: limits.map(() => 0), greatest: limits.map(() => 0) }, limits);
  const rows = o.reshape(g, indices, [sizeOf(indices.shape) / limits.length, limits.length]);
  g.check({
    where,
    limits,
    least: o.reduce(g, 'ReduceMin', rows, [0]),
    greatest: o.reduce(g, 'ReduceMax', rows, [0]),
  });
  const last = Int32Array.from(limits, (limit) => Math.min(limit, 2 ** 31) - 1);
  return o.minimum(g, o.maximum(g, indices, 0), g.constant('int32', limits.length === 1 ? [] : [limits.length], last));
}
