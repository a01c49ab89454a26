import { describe, expect, test } from 'vitest';
import type { Builder } from '../../../src/engine/onnx/builder.js';
import type { ElementType, Value } from '../../../src/engine/onnx/graph.js';
import * as o from '../../../src/engine/onnx/ops.js';
import { foldConstants } from '../../../src/engine/onnx/passes/constants.js';
import { removeDeadNodes } from '../../../src/engine/onnx/passes/dead-nodes.js';
import { interpret } from './interpreter.js';
import { type Build, expectUnchanged, graphOf } from './pass-graphs.js';

describe('constants are folded', () => {
  const constant = (g: Builder, type: ElementType, values: number[]): Value =>
    g.constant(type, [values.length], type === 'int32' ? Int32Array.from(values) : Float32Array.from(values));
  test('where all inputs are known', () => {
    const graph = graphOf((g, x) => o.add(g, x(2), o.mul(g, constant(g, 'float32', [1, 2]), 3)));
    const [add] = removeDeadNodes(foldConstants(graph)).nodes;
    expect(add?.op).toBe('Add');
    expect(Array.from(add?.inputs[1]?.data ?? [], Number)).toEqual([3, 6]);
  });
  test('but not beside an input, not integer division, not what is large', () => {
    expectUnchanged(foldConstants, (g, x) => o.mul(g, x(2), constant(g, 'float32', [1, 2])));
    expectUnchanged(foldConstants, (g) => o.div(g, constant(g, 'int32', [7, 8]), constant(g, 'int32', [2, 2])));
    expectUnchanged(foldConstants, (g) => o.mul(g, constant(g, 'float32', Array<number>(5000).fill(2)), 3));
  });
  test.each(['Abs', 'Ceil', 'Cos', 'Exp', 'Floor', 'Log', 'Neg', 'Not', 'Reciprocal', 'Sin', 'Sqrt'])(
    '%s of numbers',
    (op) => {
      const values = op === 'Not' ? [0, 1] : [0.25, 1, 2.5];
      const graph = graphOf((g) => o.unary(g, op, constant(g, 'float32', values)));
      const folded = foldConstants(graph);
      expect(folded.nodes).toEqual([]);
      const expected = interpret(graph, new Map()).p0?.data ?? [];
      expect(Array.from(folded.outputs[0]?.value.data ?? [], Number)).toEqual(expected.map(Math.fround));
    },
  );
  test.each([
    'Add',
    'Sub',
    'Mul',
    'Max',
    'Min',
    'Pow',
    'Div',
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
  ])('%s of numbers, which broadcast', (op) => {
    const graph = graphOf((g) => {
      const [column, row] = [g.constant('float32', [3, 1], Float32Array.of(1, 2, 3)), constant(g, 'float32', [3, 2])];
      return g.op(op, [column, row], 'float32', [3, 2]);
    });
    const folded = foldConstants(graph);
    expect(folded.nodes).toEqual([]);
    const expected = interpret(graph, new Map()).p0?.data ?? [];
    expect(Array.from(folded.outputs[0]?.value.data ?? [], Number)).toEqual(expected.map(Math.fround));
  });
  test('up to 4096 elements, and nothing of two outputs', () => {
    const doubled =
      (count: number): Build =>
      (g) =>
        o.mul(g, constant(g, 'float32', Array<number>(count).fill(2)), 3);
    expect(foldConstants(graphOf(doubled(4096))).nodes).toEqual([]);
    expectUnchanged(foldConstants, doubled(4097));
    expectUnchanged(foldConstants, (g) => {
      const outputs = [0, 1].map(() => ({ type: 'float32' as const, shape: [2] }));
      return g.ops('Identity', [constant(g, 'float32', [1, 2])], outputs);
    });
    // an operand that is left out is none that is unknown, and no fault
    expectUnchanged(foldConstants, (g) => {
      const [x, high] = [constant(g, 'float32', [1, 2]), g.scalar(1, 'float32')];
      return g.op('Clip', [x, null, high], 'float32', [2]);
    });
    // no input at all is nothing known
    expectUnchanged(foldConstants, (g) => g.op('Identity', [], 'float32', [2]));
    expectUnchanged(foldConstants, (g) => g.op('Relu', [constant(g, 'float32', [1, 2])], 'float32', [2]));
  });
  test('casts: to whole numbers towards zero, to bool what is not zero', () => {
    const folded = (type: ElementType, values: number[]): number[] => {
      const graph = foldConstants(
        graphOf((g) => o.cast(g, g.constant('float64', [values.length], Float64Array.from(values)), type)),
      );
      expect(graph.nodes).toEqual([]);
      return Array.from<number | bigint, number>(graph.outputs[0]?.value.data ?? [], Number);
    };
    expect(folded('int32', [1.75, -1.75])).toEqual([1, -1]);
    expect(folded('int64', [2.5, -2.5])).toEqual([2, -2]);
    expect(folded('uint8', [2.75])).toEqual([2]);
    expect(folded('float32', [2.75])).toEqual([2.75]);
    expect(folded('bool', [0.5, 0, -1])).toEqual([1, 0, 1]);
  });
  test('an expansion up to 64 elements, not to 65', () => {
    const expanded =
      (size: number): Build =>
      (g) =>
        o.expand(g, constant(g, 'float32', [7]), [size]);
    const folded = foldConstants(graphOf(expanded(64)));
    expect(folded.nodes).toEqual([]);
    expect(Array.from(folded.outputs[0]?.value.data ?? [], Number)).toEqual(Array<number>(64).fill(7));
    expectUnchanged(foldConstants, expanded(65));
  });
});
