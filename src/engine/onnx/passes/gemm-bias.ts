/** @file Gemm + bias and Conv + bias in one node. */
import { type Graph, type Node, sizeOf, type Value } from '../graph.js';
import * as o from '../ops.js';
import { type Rewriting, rewrite } from './rewrite.js';

export function fuseBias(graph: Graph): Graph {
  return rewrite(graph, (node, rewriting) => {
    if (node.op !== 'Add') return null;
    const [a, b] = node.inputs;
    return joined(node, a, b, rewriting) ?? joined(node, b, a, rewriting);
  });
}

function joined(
  node: Node,
  product: Value | null | undefined,
  bias: Value | null | undefined,
  { g, producer, uses }: Rewriting,
): readonly Value[] | null {
  const [output] = node.outputs;
  const maker = producer(product);
  if (maker === undefined || !product || !bias || output === undefined || uses(product) !== 1) return null;
  const free = maker.inputs.length === 2;
  if (maker.op === 'Gemm' && free && broadcastsTo(bias, product)) {
    return [g.op('Gemm', [...maker.inputs, bias], output.type, output.shape, maker.attributes)];
  }
  // One number a channel: [channels, 1, 1] beside [batch, channels, height, width].
  const channels = product.shape[1] ?? 0;
  const perChannel = sizeOf(bias.shape) === channels && bias.shape.at(-(product.shape.length - 1)) === channels;
  if (maker.op === 'Conv' && free && perChannel && bias.shape.length < product.shape.length) {
    return [
      g.op('Conv', [...maker.inputs, o.reshape(g, bias, [channels])], output.type, output.shape, maker.attributes),
    ];
  }
  return null;
}

/** Gemm spreads its bias over rows or columns, never the product over the bias. */
function broadcastsTo(bias: Value, product: Value): boolean {
  if (bias.shape.length > product.shape.length) return false;
  const offset = product.shape.length - bias.shape.length;
  return bias.shape.every((size, axis) => size === 1 || size === product.shape[axis + offset]);
}
