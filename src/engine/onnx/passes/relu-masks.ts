/**
 * @file The gradient of relu. tfjs multiplies by step(x), which is NaN where x is; where a relu passed that NaN on,
 * the gradient that comes back is NaN already, and `x > 0` is mask enough. And `relu(x) > 0` says the same as `x > 0`:
 * asking the relu's output lets the runtime fuse the relu with what stands before it.
 */
import type { Graph, Node, Value } from '../graph.js';
import * as o from '../ops.js';
import { type Rewriting, rewrite } from './rewrite.js';
import { constantNumber } from './values.js';

export function simplifyReluMasks(graph: Graph): Graph {
  const relus = new Map<Value, Value>();
  const outputs = new Set<Value>();
  return rewrite(graph, (node, rewriting, output) => {
    // Collected on the way: what comes before a relu cannot ask it.
    if (node.op === 'Relu') {
      const [x] = node.inputs;
      if (x) relus.set(x, output);
      outputs.add(output);
      return null;
    }
    if (node.op === 'Mul') {
      const [a, b] = node.inputs;
      return masked(a, b, rewriting) ?? masked(b, a, rewriting);
    }
    const [x, zero] = node.inputs;
    if (node.op !== 'Greater' || !x || constantNumber(zero) !== 0) return null;
    const y = relus.get(x);
    return y === undefined ? null : [o.greater(rewriting.g, y, 0)];
  });

  function masked(
    gradient: Value | null | undefined,
    mask: Value | null | undefined,
    { g, producer }: Rewriting,
  ): readonly Value[] | null {
    const x = steppedBy(producer(mask), producer);
    if (!gradient || x === null || !(relus.has(x) || outputs.has(x))) return null;
    return [o.mul(g, gradient, o.cast(g, o.greater(g, relus.get(x) ?? x, 0), 'float32'))];
  }
}

/** The x of `Where(IsNaN(x), x, Where(x > 0, 1, 0))`: what the Step kernel records. */
function steppedBy(node: Node | undefined, producer: Rewriting['producer']): Value | null {
  if (node?.op !== 'Where') return null;
  const [unknown, x, rest] = node.inputs;
  const [tested, chosen] = [producer(unknown), producer(rest)];
  if (!x || tested?.op !== 'IsNaN' || tested.inputs[0] !== x || chosen?.op !== 'Where') return null;
  const [positive, one, zero] = chosen.inputs;
  const compared = producer(positive);
  if (compared?.op !== 'Greater' || constantNumber(compared.inputs[1]) !== 0) return null;
  const [asked] = compared.inputs;
  const relu = producer(asked);
  if (asked !== x && !(relu?.op === 'Relu' && relu.inputs[0] === x)) return null;
  return constantNumber(one) === 1 && constantNumber(zero) === 0 ? x : null;
}
