/**
 * @file The largest and the smallest scores: exactly as many as were asked for, by quickselect. Of equal scores the one
 * with the lower flat index is taken first, in both directions.
 */
import type { Mask } from '../masks/mask.js';
import { quickselect } from './quickselect.js';
import { allowedOf, checkCount, checkScores, notComparable, type Scores } from './scores.js';

/**
 * The elements with the `count` largest scores. Where no score is below 0, which is so of every criterion but differences,
 * a zero is taken only when all others are.
 *
 * @param allowed where it is 0, an element is never taken
 * @returns flat indices, ascending
 * @throws HeadgateError `INVALID_OPTIONS`, `SELECTION_TOO_LARGE` when fewer elements are allowed, `INVALID_SCORE` for NaN,
 *   `LENGTH_MISMATCH` for a mask of another size
 * @example largest(Float32Array.of(0.5, -1, 0.5, 2), 2) // [0, 3]
 */
export function largest(scores: Scores, count: number, allowed?: Mask): Uint32Array {
  checkScores(scores, allowed);
  return extremesAmong(scores, count, allowedOf(scores.length, allowed), -1);
}

/**
 * The elements with the `count` smallest scores. See `largest`.
 *
 * @throws HeadgateError what `largest` throws
 */
export function smallest(scores: Scores, count: number, allowed?: Mask): Uint32Array {
  checkScores(scores, allowed);
  return extremesAmong(scores, count, allowedOf(scores.length, allowed), 1);
}

/**
 * The same among these indices; of equal scores the one that stands first in them is taken first.
 *
 * @param direction 1 for the smallest, -1 for the largest
 * @throws HeadgateError `INVALID_SCORE` for NaN, `SELECTION_TOO_LARGE`
 */
export function extremesAmong(scores: Scores, count: number, indices: Uint32Array, direction: Direction): Uint32Array {
  checkCount(count, indices.length);
  if (count === 0) return new Uint32Array(0);
  const score = (i: number): number => direction * (scores[indices[i] as number] as number); // both are within
  const work = new Float64Array(indices.length);
  for (let i = 0; i < work.length; i++) {
    const own = score(i);
    if (Number.isNaN(own)) throw notComparable(indices[i] as number); // within; nothing would be its k-th
    work[i] = own;
  }
  const last = quickselect(work, count - 1);
  let ties = count;
  for (let i = 0; i < indices.length; i++) if (score(i) < last) ties--;
  const taken = new Uint32Array(count);
  let next = 0;
  for (let i = 0; next < count; i++) {
    const own = score(i);
    if (own < last || (own === last && ties-- > 0)) taken[next++] = indices[i] as number; // within
  }
  return taken;
}

export type Direction = 1 | -1;
