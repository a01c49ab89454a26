/** @file Shapes of parameters: their sizes, and the lanes of elements that lie along one axis. */
import { HeadgateError } from '../errors.js';
import { invalidOption } from '../options.js';

/** Elements of a tensor of this shape; of `[]`, one. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** `[3, 2]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** A tensor seen as `outer × length × inner`: element `(o, i, n)` lies at `(o * length + i) * inner + n`. */
export interface Axis {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/**
 * @param axis from 0 on, or from -1 back from the last
 * @throws HeadgateError `INVALID_OPTIONS` at `axis` for one that the shape has not
 */
export function axisOf(shape: readonly number[], axis: number): Axis {
  const place = axis < 0 ? axis + shape.length : axis;
  const length = shape[place];
  if (length === undefined || !Number.isInteger(place)) {
    throw invalidOption('axis', axis, { expected: `an axis of ${shapeText(shape)}` });
  }
  return { outer: sizeOf(shape.slice(0, place)), length, inner: sizeOf(shape.slice(place + 1)) };
}

/** @throws HeadgateError `LENGTH_MISMATCH` at `path` */
export function requireLength(path: string, data: ArrayLike<unknown>, shape: readonly number[]): void {
  if (data.length === sizeOf(shape)) return;
  throw new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path,
    problem: 'there is not one value for each element',
    expected: `${sizeOf(shape)} values, for shape ${shapeText(shape)}`,
    received: `${data.length} values`,
  });
}
