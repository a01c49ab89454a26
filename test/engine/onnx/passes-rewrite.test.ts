/** @file What a rule is told: values as they are now, who makes them, and how often they are read. */
import { expect, test } from 'vitest';
import type { Value } from '../../../src/engine/onnx/graph.js';
import * as o from '../../../src/engine/onnx/ops.js';
import { rewrite } from '../../../src/engine/onnx/passes/rewrite.js';
import { graphOf } from './pass-graphs.js';

test('what stands for a value is read as often as both were', () => {
  const graph = graphOf((g, x) => {
    const a = x(2);
    const same = g.op('Identity', [a], 'float32', [2]);
    const made = o.unary(g, 'Neg', a);
    // a is read by Identity, Neg and an output; what stands for it by two nodes and an output more
    return [o.add(g, same, same), o.unary(g, 'Abs', made), same, a];
  });
  const uses = new Map<string, number>();
  const fresh: Value[] = [];
  const after = rewrite(graph, (node, { g, uses: usesOf, producer }, output) => {
    const [input = null] = node.inputs;
    if (node.op === 'Identity') return input === null ? null : [input];
    if (node.op === 'Neg') {
      const made = o.unary(g, 'Relu', input as Value); // a node of one input
      fresh.push(made);
      expect(usesOf(made)).toBe(0);
      return [made];
    }
    if (input !== null) uses.set(node.op, usesOf(input));
    if (node.op === 'Abs') {
      expect(input).toBe(fresh[0]);
      expect(producer(input)?.op).toBe('Relu');
    }
    expect(output).toBe(node.outputs[0]);
    return null;
  });
  expect(Object.fromEntries(uses)).toEqual({ Add: 6, Abs: 1 });
  expect(after.nodes.map(({ op }) => op)).toEqual(['Relu', 'Add', 'Abs']);
});

test('nodes keep their scope, new ones have that of the node whose place they take', () => {
  const graph = graphOf((g, x) => o.unary(g, 'Neg', x(2)));
  const scoped = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, scope: 'hidden' })) };
  const after = rewrite(scoped, (node, { g }) => [o.unary(g, 'Relu', node.inputs[0] as Value)]); // a node of one input
  expect(after.nodes.map(({ op, scope }) => [op, scope])).toEqual([['Relu', 'hidden']]);
  expect(rewrite(scoped, () => null).nodes).toEqual(scoped.nodes);
});

test('a rule may put a node there itself, and give fewer values than there are', () => {
  const graph = graphOf((g, x) => {
    const pair = [0, 1].map(() => ({ type: 'float32' as const, shape: [2] }));
    const [first, second] = g.ops('Pair', [x(2)], pair) as [Value, Value]; // as many as were asked for
    return [o.unary(g, 'Neg', first), o.unary(g, 'Abs', second), second];
  });
  const uses: number[] = [];
  const same = rewrite(graph, (node, { g, uses: usesOf }) => {
    uses.push(usesOf(node.inputs[0] as Value)); // nodes of one input
    if (node.op !== 'Pair') return null;
    g.append(node);
    return node.outputs;
  });
  expect(same.nodes).toEqual(graph.nodes);
  expect(uses).toEqual([1, 1, 2]);
  const half = rewrite(graph, (node, { g }) => {
    if (node.op !== 'Pair') return null;
    g.append(node);
    return [o.unary(g, 'Relu', node.outputs[0] as Value)]; // it has two
  });
  expect(half.nodes.map(({ op }) => op)).toEqual(['Pair', 'Relu', 'Neg', 'Abs']);
  expect(half.nodes[3]?.inputs).toEqual([half.nodes[0]?.outputs[1]]);
});
