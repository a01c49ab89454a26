import { describe, expect, test } from 'vitest';
import type { Builder } from '../../../src/engine/onnx/builder.js';
import { int, ints, type Value } from '../../../src/engine/onnx/graph.js';
import * as o from '../../../src/engine/onnx/ops.js';
import { sinkTransposes } from '../../../src/engine/onnx/passes/layout.js';
import { type Build, expectUnchanged, graphOf, operators } from './pass-graphs.js';

const relu = (g: Builder, x: Value): Value => o.unary(g, 'Relu', x);
const turned = (g: Builder, x: Value): Value => o.transpose(g, x, [0, 2, 3, 1]);

describe('transposes sink', () => {
  test('below an elementwise operator, a reduction and a concatenation', () => {
    expect(operators(sinkTransposes, (g, x) => relu(g, turned(g, x(2, 3, 4, 5))))).toEqual(['Relu', 'Transpose']);
    const reduced: Build = (g, x) => o.reduce(g, 'ReduceSum', turned(g, x(2, 3, 4, 5)), [3], true);
    expect(operators(sinkTransposes, reduced)).toEqual(['ReduceSum', 'Transpose']);
    const joined: Build = (g, x) => o.concat(g, [turned(g, x(2, 3, 4, 5)), turned(g, x(2, 6, 4, 5))], 3);
    expect(operators(sinkTransposes, joined)).toEqual(['Concat', 'Transpose']);
    const [concat] = sinkTransposes(graphOf(joined)).nodes.filter(({ op }) => op === 'Concat');
    // Channels were last and are second now: 3 and 6 of them.
    expect(concat?.attributes.axis).toEqual(int(1));
    expect(concat?.outputs[0]?.shape).toEqual([2, 9, 4, 5]);
  });

  test('and cancel with their inverse', () => {
    expect(
      operators(sinkTransposes, (g, x) => o.transpose(g, relu(g, turned(g, x(2, 3, 4, 5))), [0, 3, 1, 2])),
    ).toEqual(['Relu']);
  });

  test('but not below a concatenation of differently turned or unturned parts', () => {
    expectUnchanged(sinkTransposes, (g, x) =>
      o.concat(g, [turned(g, x(2, 3, 4, 4)), o.transpose(g, x(2, 4, 3, 4), [0, 3, 1, 2])], 1),
    );
    expectUnchanged(sinkTransposes, (g, x) => o.concat(g, [turned(g, x(2, 3, 4, 5)), x(2, 4, 5, 3)], 3));
    expectUnchanged(sinkTransposes, (g, x) => o.concat(g, [x(2, 4, 5, 3), turned(g, x(2, 3, 4, 5))], 3));
  });

  test('beside an operand that exists turned back already, by just that order', () => {
    const beside =
      (order: readonly number[]): Build =>
      (g, x) => {
        const large = x(2, 4, 4, 4);
        return [o.transpose(g, large, order), o.add(g, turned(g, x(2, 4, 4, 4)), large)];
      };
    expect(operators(sinkTransposes, beside([0, 3, 1, 2]))).toEqual(['Transpose', 'Add', 'Transpose']);
    expectUnchanged(sinkTransposes, beside([0, 2, 3, 1]));
  });
  test('beside a number, a vector along any axis, and what is 16 times smaller, which moves instead', () => {
    const beside =
      (...shape: number[]): Build =>
      (g, x) =>
        o.add(g, turned(g, x(2, 4, 4, 4)), x(...shape));
    expect(operators(sinkTransposes, beside())).toEqual(['Add', 'Transpose']);
    expect(operators(sinkTransposes, beside(1, 1))).toEqual(['Add', 'Transpose']);
    // channels were last; they are second, before height and width
    const [moved] = sinkTransposes(graphOf(beside(4))).nodes.filter(({ op }) => op === 'Reshape');
    expect(moved?.outputs[0]?.shape).toEqual([4, 1, 1]);
    expect(operators(sinkTransposes, beside(4, 1, 1))).toEqual(['Reshape', 'Add', 'Transpose']);
    expect(operators(sinkTransposes, beside(2, 1, 1, 1))).toEqual(['Add', 'Transpose']);
    expect(operators(sinkTransposes, beside(2, 1, 1, 4))).toEqual(['Transpose', 'Add', 'Transpose']);
    expectUnchanged(sinkTransposes, beside(4, 4));
    expectUnchanged(sinkTransposes, beside(3, 2, 4, 4, 4)); // the sum has an axis that no order tells of
  });
  test('below an operator with an operand left out', () => {
    const clipped: Build = (g, x) =>
      g.op('Clip', [turned(g, x(2, 3, 4, 5)), null, g.scalar(1, 'float32')], 'float32', [2, 4, 5, 3]);
    expect(operators(sinkTransposes, clipped)).toEqual(['Clip', 'Transpose']);
  });
  test('but not below what has an axis and is no concatenation, and not where nothing is turned', () => {
    expectUnchanged(sinkTransposes, (g, x) => o.softmax(g, turned(g, x(2, 3, 4, 5)), 3));
    const none = (g: Builder, y: Value): Value => g.op('Transpose', [y], 'float32', [], { perm: ints([]) });
    expectUnchanged(sinkTransposes, (g, x) => none(g, relu(g, x())));
    expectUnchanged(sinkTransposes, (g, x) => o.add(g, relu(g, x(2, 3)), x(2, 3)));
  });
  test('but not below a reduction over axes that are not known, or over none', () => {
    expectUnchanged(sinkTransposes, (g, x) => g.op('ReduceSum', [turned(g, x(2, 3, 4, 5)), x(1)], 'float32', [1]));
    expectUnchanged(sinkTransposes, (g, x) => {
      const none = g.int64s([]);
      return g.op('ReduceSum', [turned(g, x(2, 3, 4, 5)), none], 'float32', [2, 4, 5, 3]);
    });
  });
  test('nor beside a large operand that would need a transpose of its own, nor below a product', () => {
    expectUnchanged(sinkTransposes, (g, x) => o.add(g, turned(g, x(2, 3, 4, 5)), x(2, 4, 5, 3)));
    expectUnchanged(sinkTransposes, (g, x) => o.add(g, turned(g, x(2, 3, 4, 5)), relu(g, x(2, 4, 5, 3))));
    expectUnchanged(sinkTransposes, (g, x) =>
      o.add(g, turned(g, x(2, 3, 4, 4)), o.transpose(g, x(2, 4, 3, 4), [0, 3, 1, 2])),
    );
    expectUnchanged(sinkTransposes, (g, x) => o.matMul(g, turned(g, x(2, 3, 4, 5)), x(2, 4, 3, 2)));
    // Turned back by another order, it is not undone.
    expectUnchanged(sinkTransposes, (g, x) => o.transpose(g, turned(g, x(2, 4, 4, 4)), [0, 2, 3, 1]));
  });
});
