import { describe, expect, test } from 'vitest';
import type { Builder } from '../../../src/engine/onnx/builder.js';
import type { Value } from '../../../src/engine/onnx/graph.js';
import * as o from '../../../src/engine/onnx/ops.js';
import { fuseBias } from '../../../src/engine/onnx/passes/gemm-bias.js';
import { type Build, expectUnchanged, operators } from './pass-graphs.js';

const relu = (g: Builder, x: Value): Value => o.unary(g, 'Relu', x);

describe('a bias joins its product', () => {
  test('in either order', () => {
    expect(operators(fuseBias, (g, x) => o.add(g, o.gemm(g, x(4, 3), x(3, 2)), x(2)))).toEqual(['Gemm']);
    expect(operators(fuseBias, (g, x) => o.add(g, x(4, 1), o.gemm(g, x(4, 3), x(3, 2))))).toEqual(['Gemm']);
  });
  test('but not when the product is read elsewhere, has a bias, or is broadcast itself', () => {
    expectUnchanged(fuseBias, (g, x) => {
      const product = o.gemm(g, x(4, 3), x(3, 2));
      return [o.add(g, product, x(2)), relu(g, product)];
    });
    expectUnchanged(fuseBias, (g, x) => o.add(g, o.gemm(g, x(4, 3), x(3, 2), { bias: x(2) }), x(2)));
    expectUnchanged(fuseBias, (g, x) => o.add(g, o.gemm(g, x(1, 3), x(3, 2)), x(4, 2)));
    expectUnchanged(fuseBias, (g, x) => o.mul(g, o.gemm(g, x(4, 3), x(3, 2)), x(2)));
  });
  test('of a convolution: one number a channel', () => {
    const convolved = (g: Builder, x: (...shape: number[]) => Value, ...bias: Value[]): Value =>
      g.op('Conv', [x(1, 2, 4, 4), x(3, 2, 1, 1), ...bias], 'float32', [1, 3, 4, 4]);
    expect(operators(fuseBias, (g, x) => o.add(g, convolved(g, x), x(3, 1, 1)))).toEqual(['Reshape', 'Conv']);
    expect(operators(fuseBias, (g, x) => o.add(g, x(3, 1, 1), convolved(g, x)))).toEqual(['Reshape', 'Conv']);
    expectUnchanged(fuseBias, (g, x) => o.add(g, convolved(g, x, x(3)), x(3, 1, 1)));
    for (const bias of [[4], [4, 1], [3, 4, 4], [3, 4, 1], [1], [1, 1, 3, 1, 1]]) {
      expectUnchanged(fuseBias, (g, x) => o.add(g, convolved(g, x), x(...bias)));
    }
    expectUnchanged(fuseBias, (g, x) => o.add(g, o.mul(g, x(1, 3, 4, 4), x(1, 3, 4, 4)), x(3, 1, 1)));
    expectUnchanged(fuseBias, (g, x) => o.add(g, o.mul(g, x(4, 2), x(4, 2)), x(2)));
  });
  test('through a reshape that gives leading ones, of a free product that nobody else reads', () => {
    const reshaped =
      (
        shape: number[],
        bias: number[],
        more: (g: Builder, x: (...shape: number[]) => Value, product: Value) => Value[] = () => [],
      ): Build =>
      (g, x) => {
        const product = o.gemm(g, x(4, 3), x(3, 2));
        return [o.add(g, o.reshape(g, product, shape), x(...bias)), ...more(g, x, product)];
      };
    const fused = ['Reshape', 'Gemm', 'Reshape'];
    expect(operators(fuseBias, reshaped([1, 4, 2], [1, 1, 2]))).toEqual(fused);
    expect(operators(fuseBias, reshaped([1, 1, 4, 2], [1, 4, 1]))).toEqual(fused);
    expect(operators(fuseBias, reshaped([1, 4, 2], [2]))).toEqual(['Gemm', 'Reshape']);
    expectUnchanged(fuseBias, reshaped([4, 1, 2], [1, 1, 2]));
    expectUnchanged(fuseBias, reshaped([2, 4], [4]));
    expectUnchanged(fuseBias, reshaped([1, 4, 2], [3, 4, 2]));
    expectUnchanged(fuseBias, reshaped([1, 4, 2], [1, 1, 4, 2]));
    expectUnchanged(
      fuseBias,
      reshaped([1, 4, 2], [2], (g, _, product) => [relu(g, product)]),
    );
    expectUnchanged(fuseBias, (g, x) => {
      const product = o.gemm(g, x(4, 3), x(3, 2), { bias: x(2) });
      return o.add(g, o.reshape(g, product, [1, 4, 2]), x(2));
    });
    expectUnchanged(fuseBias, (g, x) => o.add(g, o.reshape(g, o.mul(g, x(4, 2), x(4, 2)), [1, 4, 2]), x(2)));
    // the reshape itself is read elsewhere
    expectUnchanged(fuseBias, (g, x) => {
      const wide = o.reshape(g, o.gemm(g, x(4, 3), x(3, 2)), [1, 4, 2]);
      return [o.add(g, wide, x(2)), relu(g, wide)];
    });
  });
  test('nor when the bias has more axes than the product', () => {
    expectUnchanged(fuseBias, (g, x) => o.add(g, o.gemm(g, x(4, 3), x(3, 2)), x(1, 4, 2)));
    expectUnchanged(fuseBias, (g, x) => o.add(g, x(1, 1, 2), o.gemm(g, x(4, 3), x(3, 2))));
  });
});
