/**
 * @file Lets transposes sink: f(transpose(x)) becomes transpose(f(x)), until a transpose meets its inverse and both go.
 * tfjs is channels last and ONNX channels first, so each convolution comes between two transposes; this pass leaves
 * a convolutional network with transposes only at its ends.
 */
import { type Graph, type Node, sameShape, sizeOf, type Value } from '../graph.js';
import * as o from '../ops.js';
import { isElementwise } from './elementwise.js';
import { type Rewriting, rewrite } from './rewrite.js';
import { constantInts, orderOf } from './values.js';

type Order = readonly number[];

export function sinkTransposes(graph: Graph): Graph {
  // Transposed values by source and order, for inputs that exist both ways.
  const known = new Map<string, Value>();
  return rewrite(graph, (node, rewriting, output) => {
    if (node.op === 'Transpose') {
      const joined = cancelled(node, rewriting);
      if (joined !== null) return [joined];
      const [source] = node.inputs;
      if (source) known.set(keyOf(source, orderOf(node)), output);
      return null;
    }
    const order = node.inputs.map((value) => orderOf(rewriting.producer(value))).find((found) => found.length > 0);
    if (order === undefined) return null;
    if (isElementwise(node)) return elementwise(node, output, order, rewriting, known);
    if (node.op.startsWith('Reduce')) return reduction(node, output, order, rewriting);
    if (node.op === 'Concat') return concatenation(node, output, order, rewriting);
    return null;
  });
}

function keyOf(value: Value, order: Order): string {
  return `${value.id}:${order.join()}`;
}

function inverse(order: Order): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

function permuted<T>(list: readonly T[], order: Order): T[] {
  return order.flatMap((axis) => list.slice(axis, axis + 1));
}

/** The source of a transpose that undoes the one before it. */
function cancelled(node: Node, { producer }: Rewriting): Value | null {
  const before = producer(node.inputs[0]);
  const [first, second] = [orderOf(before), orderOf(node)];
  const source = before?.inputs[0];
  const undone = first.length > 0 && second.every((axis, i) => first[axis] === i);
  return undone && source ? source : null;
}

function elementwise(
  node: Node,
  output: Value,
  order: Order,
  rewriting: Rewriting,
  known: ReadonlyMap<string, Value>,
): readonly Value[] | null {
  if (output.shape.length !== order.length) return null;
  const back = inverse(order);
  const inputs: (Value | null)[] = [];
  for (const value of node.inputs) {
    const before = value === null ? null : sourceOf(value, output, order, back, rewriting, known);
    if (before === undefined) return null;
    inputs.push(before);
  }
  const { g } = rewriting;
  const result = g.op(node.op, inputs, output.type, permuted(output.shape, back), node.attributes);
  return [o.transpose(g, result, order)];
}

/** What `value` is before the transpose; undefined where that would cost a transpose of its own. */
function sourceOf(
  value: Value,
  output: Value,
  order: Order,
  back: Order,
  { g, producer }: Rewriting,
  known: ReadonlyMap<string, Value>,
): Value | undefined {
  if (sizeOf(value.shape) === 1 && value.shape.length <= order.length) return value;
  const maker = producer(value);
  const own = orderOf(maker);
  if (own.length > 0 && own.every((axis, i) => axis === order[i])) return maker?.inputs[0] ?? undefined;
  const both = known.get(keyOf(value, back));
  if (both !== undefined) return both;
  // A vector along one axis, such as a bias, only changes its place.
  const full = [...Array.from({ length: order.length - value.shape.length }, () => 1), ...value.shape];
  const wide = full.filter((size) => size !== 1).length;
  const small = sizeOf(value.shape) * 16 <= sizeOf(output.shape);
  if (wide <= 1) return o.reshape(g, value, withoutLeadingOnes(permuted(full, back)));
  return small ? o.transpose(g, o.reshape(g, value, full), back) : undefined;
}

/** @param shape of several elements */
function withoutLeadingOnes(shape: readonly number[]): readonly number[] {
  return shape.slice(shape.findIndex((size) => size !== 1));
}

function reduction(node: Node, output: Value, order: Order, { g, producer }: Rewriting): readonly Value[] | null {
  const [x, axesInput] = node.inputs;
  const source = producer(x)?.inputs[0];
  const axes = constantInts(axesInput);
  if (!source || axes === undefined || axes.length === 0) return null;
  const moved = axes.map((axis) => order[axis] ?? 0).sort((a, b) => a - b);
  const kept = node.attributes.keepdims;
  const keepDims = kept?.kind === 'int' && kept.value === 1;
  const result = o.reduce(g, node.op, source, moved, keepDims);
  if (keepDims) return [o.transpose(g, result, order)];
  // The axes that stay, counted anew, in the order in which the output wants them.
  const stay = source.shape.map((_, axis) => axis).filter((axis) => !moved.includes(axis));
  const wanted = order.filter((axis) => !moved.includes(axis)).map((axis) => stay.indexOf(axis));
  const restored = o.transpose(g, result, wanted);
  return sameShape(restored.shape, output.shape) ? [restored] : null;
}

function concatenation(node: Node, output: Value, order: Order, { g, producer }: Rewriting): readonly Value[] | null {
  const axis = node.attributes.axis;
  const sources: Value[] = [];
  for (const value of node.inputs) {
    const maker = producer(value);
    const own = orderOf(maker);
    const source = maker?.inputs[0];
    if (own.join() !== order.join() || !source) return null;
    sources.push(source);
  }
  if (axis?.kind !== 'int') return null;
  const along = order[axis.value < 0 ? axis.value + output.shape.length : axis.value];
  return along === undefined ? null : [o.transpose(g, o.concat(g, sources, along), order)];
}
