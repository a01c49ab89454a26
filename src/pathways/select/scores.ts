/** @file What every selection is given: a score an element, and the elements that may be selected. */
import { HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import { type Mask, maskAt } from '../masks/mask.js';

/** One number an element, row-major; never NaN. */
export type Scores = Float32Array | Float64Array;

/** Flat indices of the elements that may be selected, ascending: all, without a mask. */
export function allowedOf(size: number, allowed: Mask | undefined): Uint32Array {
  const indices = new Uint32Array(size);
  let count = 0;
  for (let i = 0; i < size; i++) if (allowed === undefined || maskAt(allowed, i) === 1) indices[count++] = i;
  return indices.subarray(0, count);
}

/** @throws HeadgateError `INVALID_SCORE` at the first score that is NaN; `LENGTH_MISMATCH` for a mask of another size */
export function checkScores(scores: Scores, allowed: Mask | undefined): void {
  if (allowed !== undefined) requireMaskSize(scores.length, allowed);
  for (let i = 0; i < scores.length; i++) if (Number.isNaN(scores[i])) throw notComparable(i);
}

/** A score that is NaN. */
export function notComparable(index: number): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_SCORE',
    path: `scores[${index}]`,
    problem: 'this score cannot be compared with others',
    expected: 'a number, or an infinity',
    received: 'NaN',
  });
}

export function requireMaskSize(size: number, { shape }: Mask): void {
  const own = shape.reduce((product, length) => product * length, 1);
  if (own === size) return;
  throw new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path: 'allowed',
    problem: 'there is not one bit for each element',
    expected: `${size} elements`,
    received: `${own} elements`,
  });
}

/** @throws HeadgateError `INVALID_OPTIONS` at `count`, `SELECTION_TOO_LARGE` where fewer elements are free */
export function checkCount(count: number, free: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw invalidOption('count', count, { expected: 'a whole number from 0 on' });
  }
  if (count <= free) return;
  throw new HeadgateError({
    code: 'SELECTION_TOO_LARGE',
    path: 'count',
    problem: 'more elements are asked for than are free',
    expected: `at most ${free}`,
    received: String(count),
  });
}
