/** @file Metrics of yes/no decisions that follow from the four confusion counts. */
import { at } from '../arrays.js';

/** True and false positives, true and false negatives. */
export interface ConfusionCounts {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

/** A number made from the counts; higher is better where it is maximised (threshold tuning always maximises). */
export type CountMetric = (counts: ConfusionCounts) => number;

/** Counts of 0/1 decisions against 0/1 labels. */
export function confusionCounts(decisions: ArrayLike<number>, labels: ArrayLike<number>): ConfusionCounts {
  const table = [0, 0, 0, 0]; // tn, fp, fn, tp
  for (let i = 0; i < labels.length; i++) {
    const cell = 2 * at(labels, i) + at(decisions, i);
    table[cell] = at(table, cell) + 1;
  }
  return { tn: at(table, 0), fp: at(table, 1), fn: at(table, 2), tp: at(table, 3) };
}

// A ratio over nothing is 0, as scikit-learn's zero_division=0: no positive was predicted, or there was none to find.
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

export const accuracy: CountMetric = ({ tp, fp, tn, fn }) => ratio(tp + tn, tp + fp + tn + fn);
/** tp / (tp + fp) */
export const precision: CountMetric = ({ tp, fp }) => ratio(tp, tp + fp);
/** tp / (tp + fn) */
export const recall: CountMetric = ({ tp, fn }) => ratio(tp, tp + fn);
/** 2·tp / (2·tp + fp + fn), the harmonic mean of precision and recall. */
export const f1Score: CountMetric = ({ tp, fp, fn }) => ratio(2 * tp, 2 * tp + fp + fn);
/** Mean of the recalls of the two classes; of the one that there is, when labels know one class only. */
export const balancedAccuracy: CountMetric = ({ tp, fp, tn, fn }) => {
  if (tp + fn === 0) return ratio(tn, tn + fp);
  return tn + fp === 0 ? ratio(tp, tp + fn) : (tp / (tp + fn) + tn / (tn + fp)) / 2;
};

/** By the names under which evaluation tables know them. */
export const countMetrics = Object.freeze({
  accuracy,
  f1_score: f1Score,
  precision,
  recall,
  balanced_accuracy: balancedAccuracy,
}) satisfies Readonly<Record<string, CountMetric>>;
