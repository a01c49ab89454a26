/** @file What the value of a row is as numbers of a shape: nested lists, typed arrays, `{ data, shape }`, or one number. */
import { sizeOf } from './column.js';

/** One row's value as a flat list with a shape. */
export interface Cell {
  readonly shape: readonly number[];
  readonly values: ArrayLike<unknown>;
}

/** Undefined when the value is ragged. */
export function cellOf(value: unknown): Cell | undefined {
  if (isNumberArray(value)) return { shape: [value.length], values: value };
  if (Array.isArray(value)) {
    const shape = nestedShape(value);
    return shape && { shape, values: shape.length === 1 ? value : value.flat(Number.POSITIVE_INFINITY) };
  }
  if (typeof value === 'object' && value !== null && 'data' in value && 'shape' in value) {
    const { data, shape } = value;
    if (!isNumberArray(data) || !isShape(shape) || sizeOf(shape) !== data.length) return undefined;
    return { shape, values: data };
  }
  return { shape: [], values: [value] };
}

function nestedShape(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return [];
  const [first, ...others] = value.map(nestedShape);
  if (first === undefined) return value.length === 0 ? [0] : undefined;
  const isRegular = others.every((other) => other !== undefined && isSame(first, other));
  return isRegular ? [value.length, ...first] : undefined;
}

function isNumberArray(value: unknown): value is ArrayLike<number> {
  return ArrayBuffer.isView(value) && 'length' in value;
}

export function isByteArray(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((axis) => Number.isSafeInteger(axis) && axis > 0);
}

export function fits(expected: readonly number[], received: readonly number[]): boolean {
  const isFlat = received.length === 1 && received[0] === sizeOf(expected);
  return isFlat || isSame(squeeze(expected), squeeze(received));
}

function squeeze(shape: readonly number[]): readonly number[] {
  return shape.filter((axis) => axis !== 1);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}
