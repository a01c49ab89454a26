/**
 * @file The gradient of relu followed by max pooling. Each window's gradient lands on its first maximum, where the relu
 * is open exactly if the pooled value is above 0: so the mask is asked of the pooled values, a quarter as many, before
 * they are spread. Sums over whole planes (of a bias' gradient) need no spreading either.
 */
import type { Graph, Node, Value } from '../graph.js';
import * as o from '../ops.js';
import { type Rewriting, rewrite } from './rewrite.js';
import { constantInts, constantNumber } from './values.js';

export function maskPooledGradients(graph: Graph): Graph {
  return rewrite(graph, (node, rewriting, output) => {
    if (node.op === 'Mul') {
      const [a, b] = node.inputs;
      return maskedBefore(output, a, b, rewriting) ?? maskedBefore(output, b, a, rewriting);
    }
    return node.op === 'ReduceSum' ? summedBefore(node, rewriting) : null;
  });
}

function maskedBefore(
  output: Value,
  spread: Value | null | undefined,
  mask: Value | null | undefined,
  { g, producer }: Rewriting,
): readonly Value[] | null {
  const unpool = producer(spread);
  if (unpool?.op !== 'MaxUnpool') return null;
  const [gradient, places, target] = unpool.inputs;
  const pool = producer(places);
  const cast = producer(mask);
  const opened = cast?.op === 'Cast' ? producer(cast.inputs[0]) : undefined;
  if (opened?.op !== 'Greater' || constantNumber(opened.inputs[1]) !== 0 || !gradient || !places || !target)
    return null;
  const pooled = pool?.outputs[0];
  if (pooled === undefined || pool?.inputs[0] !== opened.inputs[0]) return null;
  const masked = o.mul(g, gradient, o.cast(g, o.greater(g, pooled, 0), 'float32'));
  return [g.op('MaxUnpool', [masked, places, target], output.type, output.shape, unpool.attributes)];
}

function summedBefore(node: Node, { g, producer }: Rewriting): readonly Value[] | null {
  const [x, axesInput] = node.inputs;
  const unpool = producer(x);
  if (unpool?.op !== 'MaxUnpool') return null;
  const [gradient] = unpool.inputs;
  const axes = constantInts(axesInput);
  const keepDims = node.attributes.keepdims;
  if (!gradient || axes === undefined || keepDims?.kind !== 'int') return null;
  const wholePlanes = gradient.shape.every((_, axis) => axis < 2 || axes.includes(axis));
  return wholePlanes ? [o.reduce(g, 'ReduceSum', gradient, axes, keepDims.value === 1)] : null;
}
