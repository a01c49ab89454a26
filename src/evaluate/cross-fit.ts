/** @file What a threshold gains on rows that it was not chosen on. */
import { permutation } from '../random.js';
import { at } from '../tasks/arrays.js';
import type { ConfusionCounts, CountMetric } from '../tasks/metrics/counts.js';
import { measured, type SplitProbabilities, tuneSorted } from './tune-threshold.js';

export interface CrossFit {
  /**
   * The metric of all rows, each decided by the threshold that the rows outside its fold chose, minus that at the present
   * threshold. The folds' counts are added up before the metric is computed; a mean over the repeats.
   */
  readonly gain: number;
  /** Of the gain: a jackknife over the rows, each of which is decided both ways. */
  readonly standardError: number;
  /** The mean of the thresholds that were chosen: steadier than the one that is best on all rows (Breiman, 1996). */
  readonly threshold: number;
}

export const FOLDS = 5;

/** Cuts into folds are repeated until this many rows were decided, but not without end: one cut of many rows is as good. */
const ROWS_DECIDED = 3000;
const MOST_REPEATS = 10;

/**
 * Cross-fitting (Chernozhukov et al., "Double/debiased machine learning", 2018): positives and negatives are cut into five
 * folds each, at random and always in the same way; the best threshold of four folds decides the fifth. What depends on
 * the order of the rows would make tuning depend on it, so that places among the sorted scores are cut. O(n) a repeat.
 *
 * @param scores some on either side
 * @param present the threshold that others are compared with
 * @throws HeadgateError `INVALID_METRIC`
 */
export function crossFit(scores: SplitProbabilities, present: number, metric: CountMetric, folds: FoldsOf): CrossFit {
  const { positives, negatives } = scores;
  const rows = positives.length + negatives.length;
  const repeats = Math.min(MOST_REPEATS, Math.max(1, Math.floor(ROWS_DECIDED / rows)));
  const rest = { positives: new Float64Array(positives.length), negatives: new Float64Array(negatives.length) };
  let gain = 0;
  let variance = 0;
  let threshold = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const own = { positives: folds(positives.length, 2 * repeat), negatives: folds(negatives.length, 2 * repeat + 1) };
    const chosen = Float64Array.from({ length: FOLDS }, (_, fold) => {
      const best = tuneSorted(
        {
          positives: outside(fold, positives, own.positives, rest.positives),
          negatives: outside(fold, negatives, own.negatives, rest.negatives),
        },
        metric,
      );
      return best?.threshold ?? present; // four folds without a row: there is one row in all
    });
    const cells = new Float64Array(8);
    decideBoth(positives, own.positives, present, chosen, cells.subarray(4));
    decideBoth(negatives, own.negatives, present, chosen, cells.subarray(0, 4));
    const paired = pairedGain(cells, metric, present);
    gain += paired.gain / repeats;
    variance += paired.variance / repeats;
    threshold += chosen.reduce((sum, one) => sum + one / FOLDS, 0) / repeats;
  }
  return { gain, standardError: Math.sqrt(variance), threshold };
}

/** The fold of each of `count` sorted scores. */
export type FoldsOf = (count: number, counter: number) => Uint8Array;

/** Bytes of folds that are kept for decisions to come: those of a multilabel ask for the same ones again and again. */
const KEPT_FOLDS = 2 ** 24;

/** For all decisions of one tuning. */
export function createFolds(most: number = KEPT_FOLDS): FoldsOf {
  const kept = new Map<string, Uint8Array>();
  let size = 0;
  return (count, counter) => {
    const key = `${count} ${counter}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const folds = Uint8Array.from(
      permutation(count, { seed: 0, stream: 'cross-fit', counter }),
      (place) => place % FOLDS,
    );
    size += count;
    if (size > most) {
      kept.clear();
      size = count;
    }
    kept.set(key, folds);
    return folds;
  };
}

/** The scores of the other folds, still ascending, written into `out`. */
function outside(fold: number, scores: Float64Array, folds: Uint8Array, out: Float64Array): Float64Array {
  let end = 0;
  for (let i = 0; i < scores.length; i++) if (folds[i] !== fold) out[end++] = scores[i] as number; // i < length
  return out.subarray(0, end);
}

/** Counts rows by what both decide: `cells[2 * present + chosen]`. */
function decideBoth(
  scores: Float64Array,
  folds: Uint8Array,
  present: number,
  chosen: Float64Array,
  cells: Float64Array,
): void {
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number; // i < length, and so below
    const cell = (score > present ? 2 : 0) + (score > (chosen[folds[i] as number] as number) ? 1 : 0);
    cells[cell] = (cells[cell] as number) + 1;
  }
}

/**
 * Rows of one cell are alike, so that the jackknife (Efron and Stein, 1981) leaves out one of each cell, not each row:
 * variance = (n - 1)/n · Σ (gain without row i - their mean)².
 *
 * @param cells rows by `4 * label + 2 * present + chosen`
 */
export function pairedGain(
  cells: Float64Array,
  metric: CountMetric,
  present: number,
): { readonly gain: number; readonly variance: number } {
  const gainOf = (): number =>
    measured(metric, countsOf(cells, 1), present) - measured(metric, countsOf(cells, 2), present);
  const gain = gainOf();
  const rows = cells.reduce((sum, count) => sum + count, 0);
  const without = cells.map((count, cell) => {
    if (count === 0) return 0;
    cells[cell] = count - 1;
    const value = gainOf();
    cells[cell] = count;
    return value;
  });
  const mean = without.reduce((sum, value, cell) => sum + value * at(cells, cell), 0) / rows;
  const squares = without.reduce((sum, value, cell) => sum + at(cells, cell) * (value - mean) ** 2, 0);
  return { gain, variance: (squares * (rows - 1)) / rows };
}

/** @param bit of a cell's number that says what was decided */
function countsOf(cells: Float64Array, bit: 1 | 2): ConfusionCounts {
  const counts = [0, 0, 0, 0]; // tn, fp, fn, tp
  cells.forEach((count, cell) => {
    const place = (cell >= 4 ? 2 : 0) + ((cell & bit) === 0 ? 0 : 1);
    counts[place] = at(counts, place) + count;
  });
  return { tn: at(counts, 0), fp: at(counts, 1), fn: at(counts, 2), tp: at(counts, 3) };
}
