/** @file Metrics of scores against 0/1 labels that need no threshold. Equal scores are handled exactly. */

/** The scores of positives and of negatives. */
export interface SplitScores {
  readonly positives: Float32Array | Float64Array;
  readonly negatives: Float32Array | Float64Array;
}

export interface Ranking {
  /**
   * Area under the ROC curve: the chance that a positive scores above a negative, equal scores counting half
   * (Mann–Whitney U). Null when the labels know one class only.
   */
  readonly rocAuc: number | null;
  /**
   * Σ (R_n - R_{n-1})·P_n over the distinct scores, descending: scikit-learn's `average_precision_score`, which does
   * not interpolate. Null without positives.
   */
  readonly averagePrecision: number | null;
}

/** Both at once, O(n log n). Sorts the arrays that it is given. */
export function rankingOf({ positives, negatives }: SplitScores): Ranking {
  positives.sort();
  negatives.sort();
  let above = positives.length; // positives that score at least as high as the present group
  let below = 0; // negatives that score lower
  let wins = 0;
  let precisions = 0;
  for (let p = 0; p < positives.length; ) {
    const score = positives[p];
    const from = p;
    while (p < positives.length && positives[p] === score) p++;
    while (below < negatives.length && (negatives[below] as number) < (score as number)) below++;
    let tied = 0;
    while (below + tied < negatives.length && negatives[below + tied] === score) tied++;
    const group = p - from;
    wins += group * (below + tied / 2);
    precisions += group * (above / (above + negatives.length - below));
    above -= group;
  }
  const pairs = positives.length * negatives.length;
  return {
    rocAuc: pairs === 0 ? null : wins / pairs,
    averagePrecision: positives.length === 0 ? null : precisions / positives.length,
  };
}

/** ROC-AUC alone. Few positives among many rows are counted one by one, which spares the sorting. */
export function rocAucOf(scores: SplitScores): number | null {
  const { positives, negatives } = scores;
  if (positives.length > Math.log2(negatives.length + 1)) return rankingOf(scores).rocAuc;
  let halves = 0;
  for (const own of positives) {
    for (const other of negatives) {
      if (other < own) halves += 2;
      else if (other === own) halves++;
    }
  }
  const pairs = positives.length * negatives.length;
  return pairs === 0 ? null : halves / 2 / pairs;
}
