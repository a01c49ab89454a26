/** @file Element-by-element operators broadcast by themselves: an Expand in front of them is not needed. */
import { type Graph, type Node, sameShape, type Value } from '../graph.js';
import * as o from '../ops.js';
import { isElementwise } from './elementwise.js';
import { rewrite } from './rewrite.js';
import { constantNumber } from './values.js';

/** Where the unexpanded inputs alone would give a smaller result, it is the result that is expanded. */
export function dropExpansions(graph: Graph): Graph {
  return rewrite(graph, (node, { g, producer }, output) => {
    if (!isElementwise(node)) return null;
    const inputs = node.inputs.map((value) => {
      return expandedFrom(producer(value)) ?? value;
    });
    if (inputs.every((value, i) => value === node.inputs[i])) return null;
    const shape = o.broadcast(...inputs.flatMap((value) => (value === null ? [] : [value.shape])));
    const result = g.op(node.op, inputs, output.type, shape, node.attributes);
    return [sameShape(shape, output.shape) ? result : o.expand(g, result, output.shape)];
  });
}

/** What a node only repeats: an Expand its input, a product with ones (tfjs's gradient of a sum) its other factor. */
function expandedFrom(node: Node | undefined): Value | null {
  if (node?.op !== 'Expand' && node?.op !== 'Mul') return null;
  const [a = null, b = null] = node.inputs;
  if (node.op === 'Expand') return a;
  return constantNumber(b) === 1 ? a : constantNumber(a) === 1 ? b : null;
}
