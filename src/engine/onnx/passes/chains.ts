/** @file A chain of reshapes is one reshape, a chain of transposes one transpose. */
import type { Graph } from '../graph.js';
import * as o from '../ops.js';
import { rewrite } from './rewrite.js';
import { orderOf } from './values.js';

export function joinChains(graph: Graph): Graph {
  return rewrite(graph, (node, { g, producer }, output) => {
    const [input] = node.inputs;
    const before = producer(input);
    const source = before?.inputs[0];
    if (before?.op !== node.op || !source) return null;
    if (node.op === 'Reshape') return [o.reshape(g, source, output.shape)];
    if (node.op !== 'Transpose') return null;
    const first = orderOf(before);
    return [
      o.transpose(
        g,
        source,
        orderOf(node).flatMap((axis) => first.slice(axis, axis + 1)),
      ),
    ];
  });
}
