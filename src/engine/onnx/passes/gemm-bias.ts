/** @file Gemm + bias and Conv + bias in one node. */
import { type Graph, type Node, sizeOf, type Value } from '../graph.js';
import * as o from '../ops.js';
import { type Rewriting, rewrite } from './rewrite.js';

export function fuseBias(graph: Graph): Graph {
  return rewrite(graph, (node, rewriting, output) => {
    if (node.op !== 'Add') return null;
    const [a, b] = node.inputs;
    return joined(output, a, b, rewriting) ?? joined(output, b, a, rewriting);
  });
}

function joined(
  output: Value,
  product: Value | null | undefined,
  bias: Value | null | undefined,
  rewriting: Rewriting,
): readonly Value[] | null {
  const { g, producer, uses } = rewriting;
  const maker = producer(product);
  if (maker === undefined || !product || !bias || uses(product) !== 1) return null;
  const free = maker.inputs.length === 2;
  if (maker.op === 'Gemm' && free && broadcastsTo(bias, product)) {
    return [g.op('Gemm', [...maker.inputs, bias], output.type, output.shape, maker.attributes)];
  }
  if (maker.op === 'Reshape') return behindReshape(maker, product, bias, rewriting);
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

/** A product that was only given leading ones, `[1, rows, columns]`, takes its bias all the same. */
function behindReshape(
  reshaped: Node,
  product: Value,
  bias: Value,
  { g, producer, uses }: Rewriting,
): readonly Value[] | null {
  const [matrix] = reshaped.inputs;
  const maker = producer(matrix);
  if (!matrix || maker?.op !== 'Gemm' || maker.inputs.length !== 2 || uses(matrix) !== 1) return null;
  const leading = product.shape.length - 2;
  const isPadded = product.shape.every((size, axis) => size === (axis < leading ? 1 : matrix.shape[axis - leading]));
  const flat = bias.shape.slice(-2);
  if (!isPadded || sizeOf(flat) !== sizeOf(bias.shape) || bias.shape.length > product.shape.length) return null;
  const vector = o.reshape(g, bias, flat);
  if (!broadcastsTo(vector, matrix)) return null;
  const biased = g.op('Gemm', [...maker.inputs, vector], matrix.type, matrix.shape, maker.attributes);
  return [o.reshape(g, biased, product.shape)];
}

/** Gemm spreads its bias over rows or columns, never the product over the bias. */
function broadcastsTo(bias: Value, product: Value): boolean {
  if (bias.shape.length > product.shape.length) return false;
  const offset = product.shape.length - bias.shape.length;
  return bias.shape.every((size, axis) => size === 1 || size === product.shape[axis + offset]);
}
