/** @file Matrix products and Einsum. */
import type { Builder } from '../builder.js';
import { sameShape, sizeOf, text, type Value } from '../graph.js';
import { type Kernel, kernel, listKernel } from '../kernel.js';
import * as o from '../ops.js';
import { activate } from './elementwise.js';

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

function swapLast(g: Builder, x: Value): Value {
  const rank = x.shape.length;
  const order = x.shape.map((_, axis) => axis);
  [order[rank - 2], order[rank - 1]] = [rank - 1, rank - 2];
  return o.transpose(g, x, order);
}

/** A product of two matrices is one Gemm, which transposes on the way; stacks of matrices are MatMul. */
export function product(g: Builder, a: Value, b: Value, { transposeA, transposeB }: MatMulAttributes): Value {
  const batch = o.broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (sizeOf(batch) === 1) {
    const matrix = (x: Value): Value => o.reshape(g, x, x.shape.slice(-2));
    const result = o.gemm(g, matrix(a), matrix(b), { transposeA, transposeB });
    return o.reshape(g, result, [...batch, ...result.shape]);
  }
  return o.matMul(g, transposeA ? swapLast(g, a) : a, transposeB ? swapLast(g, b) : b);
}

/** Rounded to whole numbers' type again where tfjs multiplies integers. */
function inFloat(g: Builder, a: Value, b: Value, attributes: MatMulAttributes): Value {
  const result = product(g, o.cast(g, a, 'float32'), o.cast(g, b, 'float32'), attributes);
  return o.cast(g, result, a.type === 'int32' && b.type === 'int32' ? 'int32' : 'float32');
}

export const linear: readonly Kernel[] = [
  kernel<'a' | 'b', MatMulAttributes>('BatchMatMul', (g, { a, b }, attributes) => inFloat(g, a, b, attributes)),
  kernel<'a' | 'b' | 'bias' | 'preluActivationWeights', MatMulAttributes>(
    '_FusedMatMul',
    (g, { a, b, bias, preluActivationWeights }, attributes) => {
      const multiplied = inFloat(g, a, b, attributes);
      const biased = bias === undefined ? multiplied : o.add(g, multiplied, bias);
      return activate(g, biased, attributes.activation ?? 'linear', preluActivationWeights, attributes.leakyreluAlpha);
    },
  ),
  listKernel<{ readonly equation: string }>('Einsum', (g, operands, { equation }) => {
    const [left = '', right = ''] = equation.replaceAll(' ', '').split('->');
    const sizes = new Map<string, number>();
    left.split(',').forEach((term, i) => {
      for (const [axis, letter] of [...term].entries()) sizes.set(letter, operands[i]?.shape[axis] ?? 1);
    });
    const type = operands[0]?.type ?? 'float32';
    const shape = [...right].map((letter) => sizes.get(letter) ?? 1);
    return g.op('Einsum', operands, type, shape, { equation: text(`${left}->${right}`) });
  }),
  listKernel('AddN', (g, terms) => {
    const [first, ...rest] = terms;
    if (first === undefined) throw new TypeError('addN of nothing');
    const plain = first.type === 'float32' && terms.every((term) => sameShape(term.shape, first.shape));
    if (plain && rest.length > 0) return g.op('Sum', terms, first.type, first.shape);
    return rest.reduce((sum, term) => o.add(g, sum, term), first);
  }),
];
