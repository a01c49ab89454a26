/** @file Removes nodes that hand their input on: x + 0, x × 1, a cast to the same type, a reshape to the same shape. */
import { type Graph, type Node, sameShape, type Value } from '../graph.js';
import { rewrite } from './rewrite.js';
import { constantNumber, orderOf } from './values.js';

export function removeIdentities(graph: Graph): Graph {
  return rewrite(graph, (node, _, output) => {
    const kept = passedOn(node);
    return kept !== null && fits(kept, output) ? [kept] : null;
  });
}

/** A broadcast also changes the shape, and then the node has work to do. */
function fits(kept: Value, output: Value): boolean {
  return kept.type === output.type && sameShape(kept.shape, output.shape);
}

function passedOn(node: Node): Value | null {
  const [a = null, b = null] = node.inputs;
  switch (node.op) {
    case 'Identity':
    case 'Cast':
    case 'Reshape':
    case 'Expand':
      return a;
    case 'Transpose':
      return orderOf(node).every((axis, i) => axis === i) ? a : null;
    case 'Add':
      return constantNumber(b) === 0 ? a : constantNumber(a) === 0 ? b : null;
    case 'Sub':
      return constantNumber(b) === 0 ? a : null;
    case 'Mul':
      return constantNumber(b) === 1 ? a : constantNumber(a) === 1 ? b : null;
    case 'Div':
    case 'Pow':
      return constantNumber(b) === 1 ? a : null;
    default:
      return null;
  }
}
