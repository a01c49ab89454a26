/** @file Comparisons, logic and choice. */
import type { Builder } from '../builder.js';
import { sameShape, type Value } from '../graph.js';
import { type Kernel, kernel } from '../kernel.js';
import * as o from '../ops.js';
import { upcast } from './elementwise.js';

function comparison(name: string, f: (g: Builder, a: Value, b: Value) => Value): Kernel {
  return kernel<'a' | 'b'>(name, (g, { a, b }) => {
    const type = upcast(a.type, b.type);
    const working = type === 'bool' ? 'int32' : type;
    return f(g, o.cast(g, a, working), o.cast(g, b, working));
  });
}

const not = (g: Builder, x: Value): Value => o.unary(g, 'Not', x);
const truth = (g: Builder, x: Value): Value => o.cast(g, x, 'bool');

export const logic: readonly Kernel[] = [
  comparison('Equal', o.equal),
  comparison('NotEqual', (g, a, b) => not(g, o.equal(g, a, b))),
  comparison('Greater', o.greater),
  comparison('GreaterEqual', o.greaterEqual),
  comparison('Less', o.less),
  comparison('LessEqual', o.lessEqual),
  kernel<'a' | 'b'>('LogicalAnd', (g, { a, b }) => o.and(g, truth(g, a), truth(g, b))),
  kernel<'a' | 'b'>('LogicalOr', (g, { a, b }) => o.or(g, truth(g, a), truth(g, b))),
  kernel<'x'>('LogicalNot', (g, { x }) => not(g, truth(g, x))),
  kernel<'a' | 'b'>('BitwiseAnd', (g, { a, b }) => g.op('BitwiseAnd', [a, b], 'int32', o.broadcast(a.shape, b.shape))),
  kernel<'condition' | 't' | 'e'>('Select', (g, { condition, t, e }) => {
    const type = upcast(t.type, e.type);
    // A vector of conditions chooses whole rows of tensors of a higher rank.
    const rows =
      sameShape(condition.shape, t.shape) || condition.shape.length !== 1
        ? condition
        : o.reshape(g, condition, [condition.shape[0] ?? 1, ...t.shape.slice(1).map(() => 1)]);
    return o.where(g, truth(g, rows), o.cast(g, t, type), o.cast(g, e, type));
  }),
];
