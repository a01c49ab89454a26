/** @file The words the kernels are written in: one function for each ONNX operator they need, with its shape rule. */
import type { Builder } from './builder.js';
import { dataOf, type ElementType, float, int, ints, sameShape, sizeOf, text, type Value } from './graph.js';

export type Operand = Value | number;

/** Shape of a broadcast, NumPy's rule, which tfjs and ONNX share. Shapes are known to fit: tfjs has checked them. */
export function broadcast(...shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const dimension = shape[axis - rank + shape.length];
      if (dimension !== undefined && dimension !== 1) size = dimension;
    }
    return size;
  });
}

function lift(g: Builder, operand: Operand, type: ElementType): Value {
  return typeof operand === 'number' ? g.scalar(operand, type) : operand;
}

function binary(g: Builder, op: string, a: Operand, b: Operand, result?: ElementType): Value {
  const type = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.type) : a.type;
  const [left, right] = [lift(g, a, type), lift(g, b, type)];
  return g.op(op, [left, right], result ?? type, broadcast(left.shape, right.shape));
}

type Binary = (g: Builder, a: Operand, b: Operand) => Value;
const arithmetic =
  (op: string): Binary =>
  (g, a, b) =>
    binary(g, op, a, b);
const predicate =
  (op: string): Binary =>
  (g, a, b) =>
    binary(g, op, a, b, 'bool');

export const add = arithmetic('Add');
export const sub = arithmetic('Sub');
export const mul = arithmetic('Mul');
export const div = arithmetic('Div');
export const pow = arithmetic('Pow');
export const maximum = arithmetic('Max');
export const minimum = arithmetic('Min');
export const equal = predicate('Equal');
export const greater = predicate('Greater');
export const greaterEqual = predicate('GreaterOrEqual');
export const less = predicate('Less');
export const lessEqual = predicate('LessOrEqual');
export const and = predicate('And');
export const or = predicate('Or');
export const xor = predicate('Xor');

/** An operator of one input that keeps type and shape: `Exp`, `Neg`, `Not`. */
export function unary(g: Builder, op: string, x: Value): Value {
  return g.op(op, [x], x.type, x.shape);
}

/** `IsNaN`, `IsInf`. */
export function test(g: Builder, op: string, x: Value): Value {
  return g.op(op, [x], 'bool', x.shape);
}

export function cast(g: Builder, x: Value, type: ElementType): Value {
  return x.type === type ? x : g.op('Cast', [x], type, x.shape, { to: int(elementTypeCode(type)) });
}

/** Numbers of `TensorProto.DataType`. */
export function elementTypeCode(type: ElementType): number {
  return { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 }[type];
}

/** `a` where `condition`, else `b`. */
export function where(g: Builder, condition: Value, a: Operand, b: Operand): Value {
  const type = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.type) : a.type;
  const [left, right] = [lift(g, a, type), lift(g, b, type)];
  if (type === 'bool') return or(g, and(g, condition, left), and(g, unary(g, 'Not', condition), right));
  return g.op('Where', [condition, left, right], type, broadcast(condition.shape, left.shape, right.shape));
}

export function reshape(g: Builder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  // allowzero: a 0 means an empty axis, as in tfjs, and not "copy this axis".
  return g.op('Reshape', [x, g.int64s(shape)], x.type, shape, shape.includes(0) ? { allowzero: int(1) } : {});
}

export function transpose(g: Builder, x: Value, permutation: readonly number[]): Value {
  if (permutation.every((from, to) => from === to)) return x;
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  return g.op('Transpose', [x], x.type, shape, { perm: ints(permutation) });
}

export function concat(g: Builder, parts: readonly Value[], axis: number): Value {
  const [first] = parts;
  if (first === undefined) throw new RangeError('concat of nothing');
  if (parts.length === 1) return first;
  const along = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
  const shape = first.shape.map((size, i) => (i === axis ? along : size));
  return g.op('Concat', parts, first.type, shape, { axis: int(axis) });
}

/** Python's `x[start:end:step]` on some axes; a negative step needs `end` below `start`, -1 - size for "to the front". */
export function slice(
  g: Builder,
  x: Value,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[] = axes.map(() => 1),
): Value {
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    const [start, step] = [starts[i] ?? 0, steps[i] ?? 1];
    const end = step < 0 ? Math.max(-1, ends[i] ?? 0) : (ends[i] ?? 0);
    shape[axis] = Math.max(0, Math.ceil((end - start) / step));
  });
  if (sameShape(shape, x.shape) && steps.every((step) => step === 1)) return x;
  const inputs = [x, g.int64s(starts), g.int64s(ends), g.int64s(axes)];
  if (steps.some((step) => step !== 1)) inputs.push(g.int64s(steps));
  return g.op('Slice', inputs, x.type, shape);
}

/** `before` and `after` for every axis; not negative. */
export function pad(
  g: Builder,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  value = 0,
  mode: 'constant' | 'reflect' = 'constant',
): Value {
  if ([...before, ...after].every((amount) => amount === 0)) return x;
  const shape = x.shape.map((size, axis) => (before[axis] ?? 0) + size + (after[axis] ?? 0));
  const inputs = [x, g.int64s([...before, ...after])];
  if (mode === 'constant' && value !== 0) inputs.push(g.scalar(value, x.type));
  return g.op('Pad', inputs, x.type, shape, mode === 'constant' ? {} : { mode: text(mode) });
}

export function tile(g: Builder, x: Value, repeats: readonly number[]): Value {
  if (repeats.every((repeat) => repeat === 1)) return x;
  const shape = x.shape.map((size, axis) => size * (repeats[axis] ?? 1));
  return g.op('Tile', [x, g.int64s(repeats)], x.type, shape);
}

export function expand(g: Builder, x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : g.op('Expand', [x, g.int64s(shape)], x.type, shape);
}

export function gather(g: Builder, x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return g.op('Gather', [x, indices], x.type, shape, { axis: int(axis) });
}

/** Shape after reducing `axes`. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): readonly number[] {
  return keepDims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** `ReduceSum`, `ReduceMax`, …, over axes counted from the front. Over no axis it is the input itself. */
export function reduce(g: Builder, op: string, x: Value, axes: readonly number[], keepDims = false): Value {
  if (axes.length === 0) return x;
  const shape = reducedShape(x.shape, axes, keepDims);
  return g.op(op, [x, g.int64s(axes)], x.type, shape, { keepdims: int(keepDims ? 1 : 0) });
}

/** Sum of products over the last axis of `a` and the last but one of `b`; the axes before broadcast. */
export function matMul(g: Builder, a: Value, b: Value): Value {
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return g.op('MatMul', [a, b], a.type, [...batch, a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1]);
}

export interface GemmOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: Value | undefined;
}

/** Matrices only: op(a) · op(b) + bias. */
export function gemm(g: Builder, a: Value, b: Value, options: GemmOptions = {}): Value {
  const { transposeA = false, transposeB = false, bias } = options;
  const rows = a.shape[transposeA ? 1 : 0] ?? 1;
  const columns = b.shape[transposeB ? 0 : 1] ?? 1;
  const inputs = bias === undefined ? [a, b] : [a, b, bias];
  return g.op('Gemm', inputs, a.type, [rows, columns], {
    ...(transposeA ? { transA: int(1) } : {}),
    ...(transposeB ? { transB: int(1) } : {}),
  });
}

export function softmax(g: Builder, x: Value, axis: number): Value {
  return g.op('Softmax', [x], x.type, x.shape, { axis: int(axis) });
}

/** Clamps below and above; NaN stays NaN. */
export function clip(g: Builder, x: Value, low: number, high: number): Value {
  return g.op('Clip', [x, g.scalar(low, x.type), g.scalar(high, x.type)], x.type, x.shape);
}

export function leakyRelu(g: Builder, x: Value, alpha: number): Value {
  return g.op('LeakyRelu', [x], x.type, x.shape, { alpha: float(alpha) });
}

/** 0, 1, …, count - 1 as a constant. */
export function iota(g: Builder, count: number, type: ElementType, shape: readonly number[] = [count]): Value {
  if (type === 'int64') return reshapeConstant(g, g.int64s(Array.from({ length: count }, (_, i) => i)), shape);
  const data = type === 'int32' ? new Int32Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = i;
  return g.constant(type === 'int32' ? 'int32' : 'float32', shape, data);
}

function reshapeConstant(g: Builder, x: Value, shape: readonly number[]): Value {
  return x.data === undefined || sameShape(x.shape, shape) ? x : g.constant(x.type, shape, x.data);
}

/** Elements above which a tensor of equal numbers is one number and an Expand, not a constant. */
const FILL_LIMIT = 64;

/** A tensor of equal numbers. */
export function filled(g: Builder, shape: readonly number[], value: number, type: ElementType): Value {
  const size = sizeOf(shape);
  if (size > FILL_LIMIT) return expand(g, g.scalar(value, type), shape);
  return g.constant(
    type,
    shape,
    dataOf(
      type,
      Array.from({ length: size }, () => value),
    ),
  );
}
