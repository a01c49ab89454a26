/** @file What the numbers of a column are like, seen one after another: the same however they were cut into chunks. */

export interface ColumnSummary {
  readonly count: number;
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
  /** Root of the mean squared distance from the mean. */
  readonly deviation: number;
  /** Linear between neighbours, as NumPy's default; of a sample where there are more values than `kept`. */
  readonly quartiles: readonly [number, number, number];
  /** The greatest distance by which rounding to float32 moves a value. */
  readonly rounding: number;
}

export interface SummaryFold {
  readonly add: (value: number) => void;
  /** Of the values so far. */
  readonly count: () => number;
  /** The values below which these shares of them lie, as of `quartiles`. Throws where there were no values. */
  readonly quantiles: (shares: readonly number[]) => readonly number[];
  /** Throws where there were no values. */
  readonly result: () => ColumnSummary;
}

/**
 * Mean and deviation by Welford's recurrence (Technometrics 1962). Quartiles are of the values whose numbers hash lowest:
 * a uniform sample that depends on nothing but the order of the rows.
 *
 * @param kept values that quartiles are taken of, at most
 */
export function summarise(kept: number): SummaryFold {
  let [count, mean, squares, rounding] = [0, 0, 0, 0];
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let sample: number[] = [];
  let hashes: number[] = [];
  let limit = 2 ** 32;
  const thin = (): void => {
    while (sample.length > kept) {
      limit /= 2;
      sample = sample.filter((_, i) => (hashes[i] as number) < limit);
      hashes = hashes.filter((hash) => hash < limit);
    }
  };
  const quantiles = (shares: readonly number[]): readonly number[] => {
    if (count === 0) throw new Error('quantiles of no values');
    const sorted = Float64Array.from(sample).sort();
    return shares.map((share) => quantile(sorted, share));
  };
  return {
    add: (value) => {
      const hash = hashOf(count++);
      const distance = value - mean;
      mean += distance / count;
      squares += distance * (value - mean);
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      const moved = Math.abs(value - Math.fround(value));
      if (moved > rounding) rounding = moved;
      if (hash >= limit) return;
      sample.push(value);
      hashes.push(hash);
      if (sample.length > kept) thin();
    },
    count: () => count,
    quantiles,
    result: () => {
      if (count === 0) throw new Error('a summary of no values');
      const [low = 0, median = 0, high = 0] = quantiles([0.25, 0.5, 0.75]); // one for each share
      const quartiles = [low, median, high] as const;
      return { count, least, greatest, mean, deviation: Math.sqrt(squares / count), quartiles, rounding };
    },
  };
}

function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const [low, high] = [sorted[below] as number, sorted[Math.ceil(place)] as number]; // within the values, of which there are some
  return low + (high - low) * (place - below);
}

/** Mixes a number to 32 bits (MurmurHash3's finaliser). */
function hashOf(number: number): number {
  let h = number | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
