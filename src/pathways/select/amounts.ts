/** @file How many elements to take away, in the ways in which people say it. */
import { HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import { countOf, type Mask, maskAt } from '../masks/mask.js';
import { checkScores, type Scores } from './scores.js';

/** Each counts elements that are there now; what a mask has taken away before stays away. */
export type Amount =
  /** Takes away until this share of all elements is gone; none where more are gone already. */
  | { readonly targetSparsity: number }
  /** This share of those that are left: .5 twice leaves a quarter. */
  | { readonly fractionOfRemaining: number }
  /** So many of those that are left. */
  | { readonly count: number }
  /** Those whose score is below it (of `largest`: above it). */
  | { readonly threshold: number };

export interface Present {
  /** Of each element, gone ones too. */
  readonly scores: Scores;
  /** The elements that are left. Default: all. */
  readonly present?: Mask | undefined;
  /** Which are to be taken away, which decides the side of a threshold. Default `smallest`. */
  readonly take?: 'largest' | 'smallest' | undefined;
}

/**
 * How many of the elements that are left an amount takes away; shares are rounded down. An element is left where `present`
 * says so and not where its score is other than 0: an input that was never active makes no weight a pruned one.
 *
 * @throws HeadgateError `INVALID_OPTIONS` at `amount` for a share outside 0…1, a count that is no whole number, a threshold
 *   that is NaN; `SELECTION_TOO_LARGE` for a count of more than are left; `INVALID_SCORE`, `LENGTH_MISMATCH`
 */
export function countToTake(amount: Amount, { scores, present, take = 'smallest' }: Present): number {
  checkScores(scores, present);
  const size = scores.length;
  const left = present === undefined ? size : countOf(present);
  if ('targetSparsity' in amount) {
    const share = shareOf('targetSparsity', amount.targetSparsity);
    return Math.max(0, wholePart(share * size) - (size - left));
  }
  if ('fractionOfRemaining' in amount)
    return wholePart(shareOf('fractionOfRemaining', amount.fractionOfRemaining) * left);
  if ('count' in amount) return countWithin(amount.count, left);
  return beyond(amount.threshold, scores, present, take);
}

/** Rounded down, but for what only float64 keeps from being whole: 0.29 · 100 is 29. */
function wholePart(value: number): number {
  return Math.floor(value + 1e-9 * Math.max(1, value));
}

function shareOf(name: string, share: number): number {
  if (share >= 0 && share <= 1) return share;
  throw invalidOption(`amount.${name}`, share, { expected: 'a number from 0 to 1' });
}

function countWithin(count: number, left: number): number {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw invalidOption('amount.count', count, { expected: 'a whole number from 0 on' });
  }
  if (count <= left) return count;
  throw new HeadgateError({
    code: 'SELECTION_TOO_LARGE',
    path: 'amount.count',
    problem: 'more elements are to be taken away than are left',
    expected: `at most ${left}`,
    received: String(count),
  });
}

function beyond(threshold: number, scores: Scores, present: Mask | undefined, take: 'largest' | 'smallest'): number {
  if (Number.isNaN(threshold)) throw invalidOption('amount.threshold', threshold, { expected: 'a number' });
  let count = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number; // within
    const isBeyond = take === 'smallest' ? score < threshold : score > threshold;
    if (isBeyond && (present === undefined || maskAt(present, i) === 1)) count++;
  }
  return count;
}
