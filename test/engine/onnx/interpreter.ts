/** @file Runs a recorded graph as slowly and plainly as ONNX defines its operators: what passes must leave as it is. */
import { expect } from 'vitest';
import { type Attribute, type Graph, type Node, sizeOf, type Value } from '../../../src/engine/onnx/graph.js';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Index = readonly number[];

/** Every index of a shape, in row-major order. */
function indices(shape: Index): Index[] {
  return shape.reduce<Index[]>(
    (found, size) => found.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

function make(shape: Index, element: (index: Index) => number): Tensor {
  return { shape, data: indices(shape).map(element) };
}

/** The element at an index, by broadcasting: an axis of 1, or none, gives its element to all. */
function at({ shape, data }: Tensor, index: Index): number {
  const own = index.slice(index.length - shape.length);
  const place = shape.reduce((sum, size, axis) => sum * size + (size === 1 ? 0 : Number(own[axis])), 0);
  return Number(data[place]);
}

function broadcast(shapes: readonly Index[]): Index {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const padded = shapes.map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(padded.map((shape) => shape[axis]).filter((size) => size !== 1));
    if (sizes.size > 1) throw new Error(`${[...sizes].join(' and ')} do not broadcast`);
    return [...sizes][0] ?? 1;
  });
}

const ELEMENTWISE: Readonly<Record<string, (...x: number[]) => number>> = {
  Abs: Math.abs,
  Add: (a, b) => Number(a) + Number(b),
  Ceil: Math.ceil,
  Clip: (x, low, high) => Math.min(Math.max(Number(x), Number(low)), Number(high)),
  Cos: Math.cos,
  Div: (a, b) => Number(a) / Number(b),
  Equal: (a, b) => Number(a === b),
  Exp: Math.exp,
  Floor: Math.floor,
  Greater: (a, b) => Number(Number(a) > Number(b)),
  GreaterOrEqual: (a, b) => Number(Number(a) >= Number(b)),
  Identity: (x) => Number(x),
  IsNaN: (x) => Number(Number.isNaN(x)),
  Less: (a, b) => Number(Number(a) < Number(b)),
  LessOrEqual: (a, b) => Number(Number(a) <= Number(b)),
  Log: Math.log,
  Max: Math.max,
  Min: Math.min,
  Mul: (a, b) => Number(a) * Number(b),
  Neg: (x) => -Number(x),
  Not: (x) => 1 - Number(x),
  Pow: (a, b) => Number(a) ** Number(b),
  Reciprocal: (x) => 1 / Number(x),
  Relu: (x) => Math.max(Number(x), 0),
  Sin: Math.sin,
  Sqrt: Math.sqrt,
  Sub: (a, b) => Number(a) - Number(b),
  Where: (c, a, b) => Number(c === 1 ? a : b),
};

const sum = (list: readonly number[]): number => list.reduce((total, x) => total + x, 0);

function numbersOf(attribute: Attribute | undefined): readonly number[] {
  if (attribute?.kind === 'ints') return attribute.value;
  if (attribute?.kind === 'int') return [attribute.value];
  throw new Error('the attribute is missing');
}

function reduce(node: Node, x: Tensor, axes: Index, whole: (list: readonly number[]) => number): Tensor {
  const kept = numbersOf(node.attributes.keepdims)[0] === 1;
  const inner = axes.map((axis) => Number(x.shape[axis]));
  const wide = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const made = make(wide, (index) =>
    whole(
      indices(inner).map((inside) =>
        at(
          x,
          index.map((i, axis) => (axes.includes(axis) ? Number(inside[axes.indexOf(axis)]) : i)),
        ),
      ),
    ),
  );
  return kept ? made : { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: made.data };
}

function concat(parts: readonly Tensor[], given: number): Tensor {
  const [first] = parts;
  if (first === undefined) throw new Error('concat of nothing');
  const axis = given < 0 ? given + first.shape.length : given;
  const pick = (part: Tensor, index: Index, i: number): number =>
    at(
      part,
      index.map((own, other) => (other === axis ? i : own)),
    );
  const shape = first.shape.map((size, other) =>
    other === axis ? sum(parts.map((part) => Number(part.shape[axis]))) : size,
  );
  return make(shape, (index) => {
    let left = Number(index[axis]);
    for (const part of parts) {
      if (left < Number(part.shape[axis])) return pick(part, index, left);
      left -= Number(part.shape[axis]);
    }
    throw new Error('outside');
  });
}

function product(a: Tensor, b: Tensor, bias: Tensor | undefined): Tensor {
  const [rows = 0, inner = 0] = a.shape;
  return make([rows, Number(b.shape[1])], ([i = 0, j = 0]) => {
    const terms = Array.from({ length: inner }, (_, k) => at(a, [i, k]) * at(b, [k, j]));
    return sum(terms) + (bias === undefined ? 0 : at(bias, [i, j]));
  });
}

/** A convolution without padding or strides. */
function convolution(x: Tensor, kernel: Tensor, bias: Tensor | undefined): Tensor {
  const [batch = 0, inner = 0, height = 0, width = 0] = x.shape;
  const [outer = 0, , rows = 0, columns = 0] = kernel.shape;
  return make([batch, outer, height - rows + 1, width - columns + 1], ([n = 0, o = 0, i = 0, j = 0]) => {
    const terms = indices([inner, rows, columns]).map(
      ([c = 0, y = 0, z = 0]) => at(x, [n, c, i + y, j + z]) * at(kernel, [o, c, y, z]),
    );
    return sum(terms) + (bias === undefined ? 0 : Number(bias.data[o]));
  });
}

/** Windows side by side: the maxima, and the place of each window's first one in the whole tensor. */
function maxPool(node: Node, x: Tensor): readonly Tensor[] {
  const [rows = 1, columns = 1] = numbersOf(node.attributes.kernel_shape);
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const shape = [batch, channels, height / rows, width / columns];
  const best = indices(shape).map(([n = 0, c = 0, i = 0, j = 0]) => {
    const places = indices([rows, columns]).map(
      ([y = 0, z = 0]) => ((n * channels + c) * height + i * rows + y) * width + j * columns + z,
    );
    const top = Math.max(...places.map((place) => Number(x.data[place])));
    return { top, place: Number(places.find((place) => x.data[place] === top)) };
  });
  return [
    { shape, data: best.map(({ top }) => top) },
    { shape, data: best.map(({ place }) => place) },
  ];
}

function run(node: Node, inputs: readonly (Tensor | undefined)[]): readonly Tensor[] {
  const [x, second, third] = inputs;
  if (x === undefined) throw new Error(`${node.op} of nothing`);
  const given = inputs.filter((input) => input !== undefined);
  const element = ELEMENTWISE[node.op];
  if (element !== undefined)
    return [
      make(broadcast(given.map(({ shape }) => shape)), (index) => element(...given.map((input) => at(input, index)))),
    ];
  switch (node.op) {
    case 'Cast': {
      const type = node.outputs[0]?.type;
      const isFraction = type === 'float32' || type === 'float64';
      return [{ ...x, data: x.data.map((v) => (type === 'bool' ? Number(v !== 0) : isFraction ? v : Math.trunc(v))) }];
    }
    case 'Reshape':
      expect(sizeOf(second?.data ?? [])).toBe(sizeOf(x.shape));
      return [{ shape: second?.data ?? [], data: x.data }];
    case 'Expand': {
      const shape = broadcast([x.shape, second?.data ?? []]);
      return [make(shape, (index) => at(x, index))];
    }
    case 'Transpose': {
      const order = numbersOf(node.attributes.perm);
      expect([...order].sort()).toEqual(x.shape.map((_, axis) => axis));
      return [
        make(
          order.map((axis) => Number(x.shape[axis])),
          (index) =>
            at(
              x,
              order.map((_, axis) => Number(index[order.indexOf(axis)])),
            ),
        ),
      ];
    }
    case 'ReduceSum':
      return [reduce(node, x, second?.data ?? [], sum)];
    case 'ReduceMax':
      return [reduce(node, x, second?.data ?? [], (list) => Math.max(...list))];
    case 'Concat':
      return [concat(given, Number(numbersOf(node.attributes.axis)[0]))];
    case 'Gemm':
      return second === undefined ? [] : [product(x, second, third)];
    case 'Conv':
      return second === undefined ? [] : [convolution(x, second, third)];
    case 'MaxPool':
      return maxPool(node, x);
    case 'MaxUnpool': {
      const shape = third?.data ?? [];
      const data = Array<number>(sizeOf(shape)).fill(0);
      second?.data.forEach((place, i) => {
        data[place] = Number(x.data[i]);
      });
      return [{ shape, data }];
    }
    default:
      throw new Error(`no ${node.op}`);
  }
}

/** The graph's outputs by name. Holds on the way that every node is what it says it is: ordered, shaped, typed. */
export function interpret(graph: Graph, given: ReadonlyMap<Value, Tensor>): Record<string, Tensor> {
  const known = new Map(graph.inputs.map(({ value }) => [value, given.get(value)]));
  const read = (value: Value): Tensor => {
    const tensor = value.data
      ? { shape: value.shape, data: Array.from<number | bigint, number>(value.data, Number) }
      : known.get(value);
    if (tensor === undefined) throw new Error(`%${value.id} is read before it is made`);
    return tensor;
  };
  for (const node of graph.nodes) {
    const made = run(
      node,
      node.inputs.map((value) => (value === null ? undefined : read(value))),
    );
    node.outputs.forEach((value, i) => {
      expect(made[i]?.shape).toEqual(value.shape);
      known.set(value, made[i]);
    });
  }
  // A sum with 0 gives both zeros one sign: passes may drop that sum.
  const unsigned = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map((x) => x + 0) });
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, unsigned(read(value))]));
}
