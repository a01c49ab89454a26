/** @file Which nodes become sweeps, and which sweeps stay apart. */
import { expect, test } from 'vitest';
import { createBuilder } from '../../../../src/engine/onnx/builder.js';
import { createValue, type Graph, type Value } from '../../../../src/engine/onnx/graph.js';
import * as o from '../../../../src/engine/onnx/ops.js';
import { splitSweeps } from '../../../../src/engine/onnx/sweep/plan.js';

type Build = (g: ReturnType<typeof createBuilder>, inputs: Readonly<Record<string, Value>>) => Record<string, Value>;

/** States and batch tensors by port name; what `build` gives stands under `next/…` or `output/…`. */
function graphOf(inputs: Readonly<Record<string, readonly number[]>>, build: Build): Graph {
  const g = createBuilder();
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, shape]) => [name, createValue('float32', shape)]),
  );
  const outputs = build(g, values);
  const ports = (all: Readonly<Record<string, Value>>) => Object.entries(all).map(([name, value]) => ({ name, value }));
  return { name: 'update', inputs: ports(values), outputs: ports(outputs), nodes: [...g.nodes] };
}

const at = (values: Readonly<Record<string, Value>>, name: string): Value => {
  const value = values[name];
  if (value === undefined) throw new Error(name);
  return value;
};

/** Size and operators of each sweep, smallest first. */
function sweepsOf(graph: Graph): [number, string[]][] {
  return splitSweeps(graph)
    .sweeps.map(({ size, operations }): [number, string[]] => [size, operations.map(({ operator }) => operator)])
    .sort(([a], [b]) => a - b);
}

/** Both orders in which the two updates may have been recorded. */
const orders = [
  ['first', true],
  ['last', false],
] as const;

test.each(orders)('a number that a matrix reads does not join its own update, recorded %s', (_, first) => {
  const graph = graphOf({ 'state/rate': [], 'state/kernel': [2, 3], 'batch/slope': [2, 3] }, (g, values) => {
    const rate = at(values, 'state/rate');
    const own = (): Value => o.mul(g, rate, 0.5);
    const early = first ? own() : null;
    const kernel = o.sub(g, at(values, 'state/kernel'), o.mul(g, at(values, 'batch/slope'), rate));
    return { 'next/kernel': kernel, 'next/rate': early ?? own() };
  });
  expect(sweepsOf(graph)).toEqual([
    [1, ['Mul']],
    [6, ['Mul', 'Sub']],
  ]);
});

test.each(orders)('a row that a matrix reads does not join its own update, recorded %s', (_, first) => {
  const graph = graphOf({ 'state/bias': [3], 'state/kernel': [2, 3] }, (g, values) => {
    const bias = at(values, 'state/bias');
    const own = (): Value => o.mul(g, bias, 0.5);
    const early = first ? own() : null;
    const kernel = o.sub(g, at(values, 'state/kernel'), bias);
    return { 'next/kernel': kernel, 'next/bias': early ?? own() };
  });
  expect(sweepsOf(graph)).toEqual([
    [3, ['Mul']],
    [6, ['Sub']],
  ]);
});

test('updates that share a tensor of full size are one sweep', () => {
  const graph = graphOf({ 'state/kernel': [2, 3], 'state/moment': [2, 3] }, (g, values) => {
    const moment = o.mul(g, at(values, 'state/moment'), 0.9);
    return { 'next/moment': moment, 'next/kernel': o.sub(g, at(values, 'state/kernel'), moment) };
  });
  expect(sweepsOf(graph)).toEqual([[6, ['Mul', 'Sub']]]);
});

test('what an output reads stays in the graph', () => {
  const graph = graphOf({ 'state/kernel': [2, 3] }, (g, values) => {
    const next = o.mul(g, at(values, 'state/kernel'), 0.9);
    return { 'next/kernel': next, 'output/norm': o.reduce(g, 'ReduceSum', next, [0, 1]) };
  });
  expect(sweepsOf(graph)).toEqual([]);
  expect(splitSweeps(graph).graph.nodes.map(({ op }) => op)).toEqual(['Mul', 'ReduceSum']);
});

test.each(orders)(
  'a state is replaced in the sweep of those who read it, though what replaces it does not, recorded %s',
  (_, first) => {
    const graph = graphOf({ 'state/previous': [2, 3], 'state/kernel': [2, 3], 'batch/slope': [2, 3] }, (g, values) => {
      const slope = at(values, 'batch/slope');
      const early = first ? o.unary(g, 'Abs', slope) : null;
      const kernel = o.unary(g, 'Neg', at(values, 'state/previous'));
      return { 'next/previous': early ?? o.unary(g, 'Abs', slope), 'next/kernel': kernel };
    });
    const { sweeps } = splitSweeps(graph);
    expect(sweeps.map(({ results }) => results.map(({ state }) => state).sort())).toEqual([['kernel', 'previous']]);
  },
);
