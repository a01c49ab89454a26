/** @file What counts as a list in nested lists: arrays, typed arrays, and arrays with a shape. */
import { isRecord } from '../../options.js';

/**
 * The elements of a list; null for what is none.
 *
 * @param levels of lists that are expected; `{ data, shape }` stands for exactly as many, a typed array for one
 */
export function listIn(value: unknown, levels: number): ArrayLike<unknown> | null {
  if (Array.isArray(value)) return value;
  if (isNumberArray(value)) return levels === 1 ? value : null;
  const shape = shapedIn(value);
  if (shape === null || shape.length !== levels) return null;
  return nestedViews((value as { readonly data: NumberArray }).data, shape); // it has data, since it has a shape
}

/** The shape of `{ data, shape }`; null for what is none. */
export function shapedIn(value: unknown): readonly number[] | null {
  if (!isRecord(value) || !isNumberArray(value.data) || !Array.isArray(value.shape)) return null;
  const shape = value.shape.map(Number);
  const isShape = shape.length > 0 && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  return isShape && shape.reduce((all, length) => all * length, 1) === value.data.length ? shape : null;
}

interface NumberArray extends ArrayLike<number> {
  readonly subarray: (start: number, end: number) => NumberArray;
}

function isNumberArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && 'length' in value && 'subarray' in value;
}

/** Lists of views: nothing is copied. */
function nestedViews(data: NumberArray, [length = 0, ...below]: readonly number[]): ArrayLike<unknown> {
  if (below.length === 0) return data;
  const size = length === 0 ? 0 : data.length / length;
  return Array.from({ length }, (_, i) => nestedViews(data.subarray(i * size, (i + 1) * size), below));
}
