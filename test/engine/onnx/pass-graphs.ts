/** @file Small graphs for tests of passes. */
import { expect } from 'vitest';
import { type Builder, createBuilder } from '../../../src/engine/onnx/builder.js';
import { createValue, type Graph, type Value } from '../../../src/engine/onnx/graph.js';
import { removeDeadNodes } from '../../../src/engine/onnx/passes/dead-nodes.js';
import type { Pass } from '../../../src/engine/onnx/passes/index.js';

export type Build = (g: Builder, x: (...shape: number[]) => Value) => Value | readonly Value[];

/** What `build` records; `x` makes an input. */
export function graphOf(build: Build): Graph {
  const g = createBuilder();
  const inputs: Value[] = [];
  const made = build(g, (...shape) => {
    const value = createValue('float32', shape);
    inputs.push(value);
    return value;
  });
  const ports = (values: readonly Value[]) => values.map((value, i) => ({ name: `p${i}`, value }));
  const outputs = 'id' in made ? [made] : made;
  return { name: 'f', inputs: ports(inputs), outputs: ports(outputs), nodes: [...g.nodes] };
}

/** The operators that the outputs still need after the pass, in order. */
export function operators(pass: Pass, build: Build): string[] {
  return removeDeadNodes(pass(graphOf(build))).nodes.map(({ op }) => op);
}

/** The pass leaves every node as it is. */
export function expectUnchanged(pass: Pass, build: Build): void {
  const graph = graphOf(build);
  expect(pass(graph).nodes).toEqual(graph.nodes);
  expect(graph.nodes.length).toBeGreaterThan(0);
}
