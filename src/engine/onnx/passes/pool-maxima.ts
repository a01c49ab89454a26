/** @file A pooling and the places of its maxima, which the gradient needs, come from one node. */
import { createValue, type Graph, type Node, type Value } from '../graph.js';
import { rewrite } from './rewrite.js';

export function sharePoolMaxima(graph: Graph): Graph {
  const withPlaces = new Set(
    graph.nodes.filter(({ op, outputs }) => op === 'MaxPool' && outputs.length === 2).map(keyOf),
  );
  const known = new Map<string, readonly Value[]>();
  return rewrite(graph, (node, { g }, values) => {
    if (node.op !== 'MaxPool') return null;
    const key = keyOf(node);
    const same = known.get(key);
    if (same !== undefined) return same;
    if (!withPlaces.has(key)) return null;
    const outputs = node.outputs.length === 2 ? node.outputs : [values, createValue('int64', values.shape)];
    known.set(key, outputs);
    g.append({ ...node, outputs });
    return outputs;
  });
}

function keyOf({ inputs, attributes }: Node): string {
  return `${inputs[0]?.id} ${JSON.stringify(attributes)}`;
}
