/** @file Selections by chance, each a pure function of its seed. */
import { invalidOption } from '../../options.js';
import { permutation, randomWords, uniforms } from '../../random.js';
import type { Mask } from '../masks/mask.js';
import { allowedOf, checkCount, checkScores, requireMaskSize, type Scores } from './scores.js';

/**
 * `count` of `size` elements, every choice equally likely.
 *
 * @returns flat indices, ascending
 * @throws HeadgateError `SELECTION_TOO_LARGE`, `LENGTH_MISMATCH`, `INVALID_OPTIONS`, `INVALID_SEED`
 */
export function randomly(size: number, count: number, seed: number, allowed?: Mask): Uint32Array {
  if (allowed !== undefined) requireMaskSize(size, allowed);
  const free = allowedOf(size, allowed);
  checkCount(count, free.length);
  const order = permutation(free.length, { seed, stream: 'select/random', counter: 0 });
  return order
    .slice(0, count)
    .map((place) => free[place] as number) // below their number
    .sort();
}

/**
 * The number of each element's subset, from 0 to `subsets - 1`: disjoint subsets whose union is everything. An element's
 * own is a hash of seed and flat index, whatever the size.
 *
 * @throws HeadgateError `INVALID_OPTIONS` at `subsets`, `INVALID_SEED`
 */
export function disjointSubsets(size: number, subsets: number, seed: number): Uint32Array {
  if (!Number.isSafeInteger(subsets) || subsets < 1) {
    throw invalidOption('subsets', subsets, { expected: 'a whole number from 1 on' });
  }
  const words = randomWords({ seed, stream: 'select/subsets', counter: 0 }, new Uint32Array(size));
  return words.map((word) => Math.floor((word / 2 ** 32) * subsets));
}

export interface GaussianOptions {
  /** Of the ranks, in halves of the number of elements: 0 takes the `count` largest, a large one any. */
  readonly std: number;
  readonly seed: number;
}

/**
 * `count` elements whose ranks by score (0 the largest) are drawn without replacement, each as floor(|N(0, s)|) with
 * s = elements · std / 2, on condition that it is below the number of elements. Drawing again and again until a rank is
 * new needs ever more draws as `std` falls; here every rank runs a race with its own probability (Efraimidis and Spirakis,
 * "Weighted random sampling with a reservoir", 2006), which has the same distribution and always ends.
 *
 * @returns flat indices, ascending
 * @throws HeadgateError `INVALID_OPTIONS` for a `std` that is not a finite number from 0 on; what `largest` throws;
 *   `INVALID_SEED`
 */
export function gaussianByRank(
  scores: Scores,
  count: number,
  { std, seed }: GaussianOptions,
  allowed?: Mask,
): Uint32Array {
  checkScores(scores, allowed);
  const free = allowedOf(scores.length, allowed);
  const ranks = gaussianRanks(free.length, count, { std, seed });
  const score = (index: number): number => scores[index] as number; // within
  const order = free.sort((a, b) => score(b) - score(a) || a - b);
  return ranks.map((rank) => order[rank] as number).sort(); // below their number
}

/**
 * `count` distinct ranks of 0…size-1, ascending. See `gaussianByRank`.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `SELECTION_TOO_LARGE`, `INVALID_SEED`
 */
export function gaussianRanks(size: number, count: number, { std, seed }: GaussianOptions): Uint32Array {
  if (!Number.isFinite(std) || std < 0) throw invalidOption('std', std, { expected: 'a number from 0 on' });
  checkCount(count, size);
  const spread = (size * std) / 2;
  const chances = uniforms({ seed, stream: 'select/gaussian', counter: 0 }, size);
  // The time at which a rank arrives is exponential with its probability as the rate; the earliest are taken.
  const times = Float64Array.from(chances, (chance, rank) =>
    spread === 0 ? rank : Math.log(-Math.log(chance + 2 ** -25)) - logMass(rank / spread, 1 / spread),
  );
  const order = Uint32Array.from({ length: size }, (_, rank) => rank);
  const time = (rank: number): number => times[rank] as number; // below their number
  return order
    .sort((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : a - b))
    .slice(0, count)
    .sort();
}

/**
 * The logarithm of ∫ exp(-x²/2) dx from `start` over `width`, as -start²/2 + log ∫ exp(-(start·t + t²/2)) dt, by Simpson's
 * rule over the part that counts: it neither vanishes far out nor cancels where the ranks lie dense.
 */
function logMass(start: number, width: number): number {
  if (start > 1e100) return Number.NEGATIVE_INFINITY; // its square would be infinite
  const enough = 80 / (Math.sqrt(start * start + 80) + start); // where the exponent has fallen by 40
  const length = Math.min(width, enough);
  const exponent = (t: number): number => start * t + (t * t) / 2;
  const intervals = 2 * Math.max(1, Math.ceil(exponent(length)));
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-exponent((i / intervals) * length));
  }
  return -(start * start) / 2 + Math.log((sum * length) / (3 * intervals));
}
