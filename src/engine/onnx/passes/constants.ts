/** @file Computes small nodes whose inputs are all known. What is left for ONNX Runtime to fold is large, or rare. */
import { dataOf, type Graph, type Node, sizeOf, type Value } from '../graph.js';
import { rewrite } from './rewrite.js';
import { constantInts } from './values.js';

/** Elements up to which folding pays; larger constants would only swell the model. */
const LIMIT = 4096;

export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, (node, { g }) => {
    const [output] = node.outputs;
    if (output === undefined || node.outputs.length !== 1 || sizeOf(output.shape) > LIMIT) return null;
    const inputs = node.inputs.filter((value) => value !== null);
    if (inputs.length === 0 || inputs.some(({ data }) => data === undefined)) return null;
    const numbers = evaluate(node, inputs, output);
    return numbers === null ? null : [g.constant(output.type, output.shape, dataOf(output.type, numbers))];
  });
}

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Cos: Math.cos,
  Exp: Math.exp,
  Floor: Math.floor,
  Log: Math.log,
  Neg: (x) => -x,
  Not: (x) => 1 - x,
  Reciprocal: (x) => 1 / x,
  Sin: Math.sin,
  Sqrt: Math.sqrt,
};

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Max: Math.max,
  Min: Math.min,
  Pow: (a, b) => a ** b,
  Equal: (a, b) => Number(a === b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
};

function evaluate(node: Node, inputs: readonly Value[], output: Value): ArrayLike<number> | null {
  const [a = [], b = []] = inputs.map(constantInts);
  const [first, second] = inputs;
  const unary = UNARY[node.op];
  if (unary !== undefined) return a.map(unary);
  const binary = node.op === 'Div' && output.type === 'float32' ? (x: number, y: number) => x / y : BINARY[node.op];
  if (binary !== undefined && first !== undefined && second !== undefined) {
    const [left, right] = [spread(first, output), spread(second, output)];
    return left.map((i, at) => binary(a[i] ?? 0, b[right[at] ?? 0] ?? 0));
  }
  switch (node.op) {
    case 'Identity':
    case 'Reshape':
      return a;
    case 'Cast':
      return output.type === 'bool'
        ? a.map((x) => Number(x !== 0))
        : output.type === 'float32' || output.type === 'float64'
          ? a
          : a.map(Math.trunc);
    case 'Expand':
      // Left to the pass that lets operators broadcast, unless it is tiny.
      if (sizeOf(output.shape) > 64) return null;
      return first === undefined ? null : spread(first, output).map((i) => a[i] ?? 0);
    case 'Transpose': {
      const order = node.attributes.perm;
      return first === undefined || order?.kind !== 'ints'
        ? null
        : permuted(first.shape, order.value).map((i) => a[i] ?? 0);
    }
    default:
      return null;
  }
}

/** For each element of the output, the element of a broadcast input. */
function spread(input: Value, output: Value): number[] {
  const offset = output.shape.length - input.shape.length;
  const strides = output.shape.map((_, axis) => {
    const size = input.shape[axis - offset] ?? 1;
    return size === 1 ? 0 : sizeOf(input.shape.slice(axis - offset + 1));
  });
  return walk(output.shape, strides);
}

function permuted(shape: readonly number[], order: readonly number[]): number[] {
  return walk(
    order.map((axis) => shape[axis] ?? 1),
    order.map((axis) => sizeOf(shape.slice(axis + 1))),
  );
}

/** Σ index × stride for every index of a shape, row-major. */
function walk(shape: readonly number[], strides: readonly number[]): number[] {
  return shape.reduce<number[]>(
    (places, size, axis) =>
      places.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * (strides[axis] ?? 0))),
    [0],
  );
}
