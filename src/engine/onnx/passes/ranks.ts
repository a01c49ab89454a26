/**
 * @file Gives scalars the rank of what they meet where the last axis is 1. ONNX Runtime walks such a broadcast element by
 * element: 0.22 ms instead of 0.02 for `[128, 256, 1]` and a number.
 */
import { createValue, type Graph, sizeOf, type Value } from '../graph.js';
import { isElementwise } from './elementwise.js';
import { rewrite } from './rewrite.js';

export function matchRanks(graph: Graph): Graph {
  return rewrite(graph, (node, { g }, output) => {
    // Clip's bounds are no operands to be broadcast: they must be scalars.
    if (!isElementwise(node) || node.op === 'Clip') return null;
    if (output.shape.at(-1) !== 1 || sizeOf(output.shape) === 1) return null;
    const rank = output.shape.length;
    const matched = (value: Value | null): Value | null => {
      if (value?.data === undefined || value.data.length !== 1 || value.shape.length === rank) return value;
      return createValue(value.type, Array<number>(rank).fill(1), value.data);
    };
    const inputs = node.inputs.map(matched);
    if (inputs.every((value, i) => value === node.inputs[i])) return null;
    return [g.op(node.op, inputs, output.type, output.shape, node.attributes)];
  });
}
