/** @file Computes small nodes whose inputs are all known. What is left for ONNX Runtime to fold is large, or rare. */
import { dataOf, type ElementData, type Graph, type Node, sizeOf, type Value } from '../graph.js';
import { rewrite } from './rewrite.js';
import { orderOf } from './values.js';

/** Elements up to which folding pays; larger constants would only swell the model. */
const LIMIT = 4096;

export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, (node, { g }, output) => {
    if (node.outputs.length !== 1 || sizeOf(output.shape) > LIMIT) return null;
    const inputs = node.inputs.filter((value) => value !== null);
    if (!inputs.every(isKnown)) return null;
    const [first, second] = inputs;
    if (first === undefined) return null;
    const numbers = evaluate(node, first, second, output);
    return numbers === null ? null : [g.constant(output.type, output.shape, dataOf(output.type, numbers))];
  });
}

type Known = Value & { readonly data: ElementData };
const isKnown = (value: Value): value is Known => value.data !== undefined;

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

function evaluate(node: Node, first: Known, second: Known | undefined, output: Value): readonly number[] | null {
  const unary = UNARY[node.op];
  if (unary !== undefined) return numbersOf(first).map(unary);
  const binary = node.op === 'Div' && output.type === 'float32' ? (x: number, y: number) => x / y : BINARY[node.op];
  if (binary !== undefined && second !== undefined) {
    const right = spread(second, output);
    return spread(first, output).map((x, i) => binary(x, right[i] as number)); // both have the output's shape
  }
  switch (node.op) {
    case 'Identity':
    case 'Reshape':
      return numbersOf(first);
    case 'Cast':
      return output.type === 'bool'
        ? numbersOf(first).map((x) => Number(x !== 0))
        : output.type === 'float32' || output.type === 'float64'
          ? numbersOf(first)
          : numbersOf(first).map(Math.trunc);
    case 'Expand':
      // Left to the pass that lets operators broadcast, unless it is tiny.
      return sizeOf(output.shape) > 64 ? null : spread(first, output);
    case 'Transpose':
      return permuted(first, orderOf(node));
    default:
      return null;
  }
}

function numbersOf({ data }: Known): number[] {
  return Array.from<number | bigint, number>(data, Number);
}

/** For each element of the output, that of a broadcast input. */
function spread(input: Known, output: Value): number[] {
  const offset = output.shape.length - input.shape.length;
  const strides = output.shape.map((_, axis) => {
    const size = input.shape[axis - offset] ?? 1;
    return size === 1 ? 0 : sizeOf(input.shape.slice(axis - offset + 1));
  });
  return walk(input, output.shape, strides);
}

function permuted(input: Known, order: readonly number[]): number[] {
  return walk(
    input,
    order.flatMap((axis) => input.shape.slice(axis, axis + 1)),
    order.map((axis) => sizeOf(input.shape.slice(axis + 1))),
  );
}

/** The elements at Σ index × stride for every index of a shape, row-major. */
function walk(input: Known, shape: readonly number[], strides: readonly number[]): number[] {
  const numbers = numbersOf(input);
  const places = shape.reduce<number[]>(
    (before, size, axis) =>
      before.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * (strides[axis] as number))), // one an axis
    [0],
  );
  return places.map((place) => numbers[place] as number); // strides lead to elements of the input
}
