/** @file A chain of reshapes is one reshape, a chain of transposes one transpose. */
import { type Graph, ints, sameShape } from '../graph.js';
import * as o from '../ops.js';
import { rewrite } from './rewrite.js';

export function joinChains(graph: Graph): Graph {
  return rewrite(graph, (node, { g, producer }) => {
    const [input] = node.inputs;
    const [output] = node.outputs;
    const before = producer(input);
    if (output === undefined || before === undefined || before.op !== node.op) return null;
    const [source] = before.inputs;
    if (source === null || source === undefined) return null;
    if (node.op === 'Reshape') return [o.reshape(g, source, output.shape)];
    if (node.op !== 'Transpose') return null;
    const [first, second] = [before.attributes.perm, node.attributes.perm];
    if (first?.kind !== 'ints' || second?.kind !== 'ints') return null;
    const order = second.value.map((axis) => first.value[axis] ?? 0);
    if (order.every((axis, i) => axis === i) && sameShape(source.shape, output.shape)) return [source];
    return [g.op('Transpose', [source], output.type, output.shape, { perm: ints(order) })];
  });
}
