/**
 * @file Operators of our own. To the passes each is one node; a model has ONNX's operators in its place, some of which run
 * only if they must.
 */
import { type Builder, createBuilder } from './builder.js';
import { type Attributes, type Node, sizeOf, type Value } from './graph.js';
import * as o from './ops.js';

/** A node of a written model. */
export interface Written extends Node {
  /** Of `If`: what it may run, with all values around it at hand. */
  readonly branches?: { readonly then_branch: Branch; readonly else_branch: Branch };
}

export interface Branch {
  readonly nodes: readonly Node[];
  readonly output: Value;
}

const MENDED_MAXIMA = 'MendedMaxima';

/**
 * `pooled`, the maxima of x `[batch, channels, …]` in windows, mended where ONNX Runtime's `MaxPool` is wrong: it keeps or
 * loses a NaN by where it stands, and of nothing but -Infinity makes the least float. To ask every window costs more than
 * the pooling: it is done only where the sum of all numbers is not finite.
 *
 * @param window the pooling's attributes
 */
export function mendedMaxima(g: Builder, x: Value, pooled: Value, window: Attributes): Value {
  return g.op(MENDED_MAXIMA, [x, pooled], pooled.type, pooled.shape, window);
}

/**
 * What a model has for a node.
 *
 * @param mayChoose whether operators may be left out by what the numbers are: other devices than the processor would have
 * to be waited for
 */
export function written(node: Node, mayChoose: boolean): readonly Written[] {
  if (node.op !== MENDED_MAXIMA) return [node];
  const [x, pooled] = node.inputs as [Value, Value]; // mendedMaxima
  const output = node.outputs[0] as Value; // likewise
  const careful = branch(node, (g) => {
    const isMore = o.cast(g, o.greater(g, x, Number.NEGATIVE_INFINITY), 'float32');
    const ranks = o.where(g, o.test(g, 'IsNaN', x), 2, isMore);
    const rank = g.op('MaxPool', [ranks], 'float32', pooled.shape, node.attributes);
    const bounded = o.where(g, o.greater(g, rank, 0), pooled, Number.NEGATIVE_INFINITY);
    return o.where(g, o.greater(g, rank, 1), Number.NaN, bounded);
  });
  if (!mayChoose) return returning(careful, output);
  const plain = branch(node, (g) => o.unary(g, 'Identity', pooled));
  const g = createBuilder(() => node.scope);
  // Sums of planes, then of these: one sum over all axes takes twice as long.
  const plane = sizeOf(x.shape.slice(2));
  const planes = o.reshape(g, x, [sizeOf(x.shape) / plane, plane]);
  const sum = o.reduce(g, 'ReduceSum', o.reduce(g, 'ReduceSum', planes, [1]), [0]);
  const suspect = o.test(g, 'IsNaN', o.mul(g, sum, 0));
  const choice = { op: 'If', inputs: [suspect], outputs: [output], attributes: {}, scope: node.scope };
  return [...g.nodes, { ...choice, branches: { then_branch: careful, else_branch: plain } }];
}

function branch({ scope }: Node, f: (g: Builder) => Value): Branch {
  const g = createBuilder(() => scope);
  const output = f(g);
  return { nodes: g.nodes, output };
}

/** The nodes of a branch outside of one: the last one makes `output`. */
function returning({ nodes, output: own }: Branch, output: Value): readonly Node[] {
  return nodes.map((node) => (node.outputs[0] === own ? { ...node, outputs: [output] } : node));
}
