/** @file Drops nodes that no output needs, and inputs that no node reads. */
import type { Graph, Node, Value } from '../graph.js';

export function removeDeadNodes(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    nodes.push(node);
    for (const value of readsOf(node)) needed.add(value);
  }
  return { ...graph, nodes: nodes.reverse(), inputs: graph.inputs.filter(({ value }) => needed.has(value)) };
}

/** Every value a node needs. */
export function readsOf({ inputs }: Node): Value[] {
  return inputs.filter((value) => value !== null);
}
