/** @file Which entries stay: the largest by rank, exactly as many as asked. Thresholds keep more or fewer where values tie. */

/**
 * How many of `count` entries stay at a percentile: those that MANN keeps of distinct scores, whose threshold is
 * numpy's percentile by linear interpolation and counts as kept: `count − ⌈percentile · (count − 1) / 100⌉`.
 *
 * @param percentile 0 to 100: 0 keeps all, 100 keeps one
 */
export function keptAtPercentile(count: number, percentile: number): number {
  if (count === 0) return 0;
  return count - ceiling((percentile * (count - 1)) / 100);
}

/**
 * How many of `count` entries stay when this share of them goes: `count − ⌊sparsity · count⌋`, at least one below 1.
 *
 * @param sparsity 0 to 1
 */
export function keptAtSparsity(count: number, sparsity: number): number {
  return count - Math.floor(sparsity * count + ROUNDING);
}

/** 99.9 % of 1001 is 999.0000000000001 in binary, and no 1000. */
const ROUNDING = 1e-9;

const ceiling = (value: number): number => Math.ceil(value - ROUNDING);

/**
 * 1 for the `count` largest scores among those allowed, 0 for the others. Of equal scores the earlier stays, so that
 * the answer is one and the same; fewer than `count` are allowed: all of them stay. O(n).
 *
 * @param scores finite numbers
 * @param allowed 0 for what may not stay, whatever its score; default: all may
 */
export function keepLargest(scores: Float32Array, count: number, allowed?: Uint8Array): Uint8Array {
  const kept = new Uint8Array(scores.length);
  const candidates = allowed === undefined ? scores.slice() : scores.filter((_, i) => allowed[i] !== 0);
  const isAllowed = (i: number): boolean => allowed === undefined || allowed[i] !== 0;
  if (count <= 0) return kept;
  if (count >= candidates.length) return kept.map((_, i) => Number(isAllowed(i)));
  const least = nthLargest(candidates, count - 1);
  let ties = count;
  for (const score of candidates) if (score > least) ties--;
  for (const [i, score] of scores.entries()) {
    if (!isAllowed(i) || !(score >= least)) continue;
    if (score === least && ties-- <= 0) continue;
    kept[i] = 1;
  }
  return kept;
}

/** The value at `rank` (from 0) in descending order; reorders `values` (Hoare's quickselect, Comm. ACM 4(7), 1961). */
function nthLargest(values: Float32Array, rank: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = middleOf(at(values, low), at(values, (low + high) >> 1), at(values, high));
    let [i, j] = [low, high];
    while (i <= j) {
      while (at(values, i) > pivot) i++;
      while (at(values, j) < pivot) j--;
      if (i > j) break;
      [values[i], values[j]] = [at(values, j), at(values, i)];
      i++;
      j--;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return at(values, rank);
}

const middleOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Never out of range here. */
const at = (values: Float32Array, index: number): number => values[index] ?? Number.NaN;
