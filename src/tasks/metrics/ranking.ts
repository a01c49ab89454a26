/** @file Metrics of scores against 0/1 labels that need no threshold. Equal scores are handled exactly. */
import { at } from '../arrays.js';

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, equal scores counting half
 * (Mann–Whitney U with midranks). Null when the labels know one class only. O(n log n).
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  let below = 0; // negatives with a lower score than the present group
  let positives = 0;
  let wins = 0;
  for (const group of tiedGroups(scores, labels)) {
    wins += group.positives * (below + group.negatives / 2);
    below += group.negatives;
    positives += group.positives;
  }
  return positives === 0 || below === 0 ? null : wins / (positives * below);
}

/**
 * Σ (R_n - R_{n-1})·P_n over the distinct scores, descending: scikit-learn's `average_precision_score`, which does not
 * interpolate. Null without positives. O(n log n).
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number | null {
  let positives = 0;
  let selected = 0;
  let sum = 0;
  for (const group of tiedGroups(scores, labels).reverse()) {
    positives += group.positives;
    selected += group.positives + group.negatives;
    sum += group.positives * (positives / selected);
  }
  return positives === 0 ? null : sum / positives;
}

/** Rows that share a score. */
export interface TiedGroup {
  readonly score: number;
  readonly positives: number;
  readonly negatives: number;
}

/** The distinct scores, ascending, with the labels that they carry. */
export function tiedGroups(scores: ArrayLike<number>, labels: ArrayLike<number>): TiedGroup[] {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => at(scores, a) - at(scores, b));
  const groups: { score: number; positives: number; negatives: number }[] = [];
  for (const i of order) {
    const score = at(scores, i);
    let group = groups.at(-1);
    if (group === undefined || group.score !== score) {
      group = { score, positives: 0, negatives: 0 };
      groups.push(group);
    }
    if (at(labels, i) === 1) group.positives++;
    else group.negatives++;
  }
  return groups;
}
