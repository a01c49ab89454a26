/** @file The driver of the passes that replace one node at a time. */
import { type Builder, createBuilder } from '../builder.js';
import type { Graph, Node, Value } from '../graph.js';
import { readsOf } from './dead-nodes.js';

export interface Rewriting {
  /** Appends nodes to the new graph, in front of what follows. */
  readonly g: Builder;
  /** The node of the new graph that makes a value; undefined for inputs and constants. */
  readonly producer: (value: Value | null | undefined) => Node | undefined;
  /** How often the old graph reads a value, as an output of the graph included. */
  readonly uses: (value: Value) => number;
}

/** What stands for the outputs of a node, of which `output` is the first; null keeps the node. `node` already reads the new graph's values. */
export type Rule = (node: Node, rewriting: Rewriting, output: Value) => readonly Value[] | null;

export function rewrite(graph: Graph, rule: Rule): Graph {
  const replaced = new Map<Value, Value>();
  const made = new Map<Value, Node>();
  const counts = countUses(graph);
  let scope = '';
  const g = createBuilder(
    () => scope,
    (node) => {
      for (const value of node.outputs) made.set(value, node);
    },
  );
  const current = (value: Value): Value => replaced.get(value) ?? value;
  const rewriting: Rewriting = {
    g,
    producer: (value) => (value === null || value === undefined ? undefined : made.get(value)),
    uses: (value) => counts.get(value) ?? 0,
  };
  for (const old of graph.nodes) {
    const node = substitute(old, current);
    scope = node.scope;
    const [output] = node.outputs;
    const values = output === undefined ? null : rule(node, rewriting, output);
    if (values === null) {
      g.append(node);
      continue;
    }
    node.outputs.forEach((value, i) => {
      const other = values[i];
      if (other === undefined || other === value) return;
      replaced.set(value, other);
      counts.set(other, (counts.get(other) ?? 0) + (counts.get(value) ?? 0));
    });
  }
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: current(value) }));
  return { ...graph, nodes: [...g.nodes], outputs };
}

/** How often each value is read. */
function countUses(graph: Graph): Map<Value, number> {
  const counts = new Map<Value, number>();
  const count = (value: Value): void => {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  };
  for (const node of graph.nodes) readsOf(node).forEach(count);
  for (const { value } of graph.outputs) count(value);
  return counts;
}

function substitute(node: Node, current: (value: Value) => Value): Node {
  if (readsOf(node).every((value) => current(value) === value)) return node;
  return { ...node, inputs: node.inputs.map((value) => (value === null ? null : current(value))) };
}
