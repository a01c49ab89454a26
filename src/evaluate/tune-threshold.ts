/** @file Rule 7: the best threshold for one yes/no decision, by exact search over every distinct score. */
import { type ErrorCode, HeadgateError, show } from '../errors.js';
import type { ConfusionCounts, CountMetric } from '../tasks/metrics/counts.js';

export interface TunedThreshold {
  readonly threshold: number;
  /** What the metric gives at it: the greatest that any threshold in [0, 1] can attain. */
  readonly value: number;
}

/** Probabilities in [0, 1] of positives and of negatives, each ascending. */
export interface SplitProbabilities {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/**
 * Maximises a metric of the confusion counts over all thresholds in [0, 1], a decision being `score > threshold`.
 * Thresholds that decide alike form an interval between two neighbouring scores; 0.5 stands for its own interval, the
 * midpoint for every other. Ties go to the one nearest 0.5, then to the lower. O(n) for sorted scores.
 *
 * Null when there are no scores. Thresholds are float32 numbers where that separates the scores, so that a float32
 * runtime decides the same, and float64 numbers where it takes those.
 *
 * @throws HeadgateError `INVALID_METRIC` when the metric is not finite
 */
export function tuneSorted({ positives, negatives }: SplitProbabilities, metric: CountMetric): TunedThreshold | null {
  let found: TunedThreshold | null = null;
  let below = 0;
  let fn = 0;
  let tn = 0;
  const see = (threshold: number): void => {
    const value = measured(metric, { tp: positives.length - fn, fp: negatives.length - tn, tn, fn }, threshold);
    const nearer = found !== null && Math.abs(threshold - 0.5) < Math.abs(found.threshold - 0.5);
    if (found === null || value > found.value || (value === found.value && nearer)) found = { threshold, value };
  };
  while (fn < positives.length || tn < negatives.length) {
    const next = Math.min(positives[fn] ?? 1, negatives[tn] ?? 1);
    // no threshold is below a score of 0; between two distinct scores there always is one
    if (below < next) see(between(below, next));
    while (positives[fn] === next) fn++;
    while (negatives[tn] === next) tn++;
    below = next;
  }
  if (fn + tn > 0) see(atLeast(below));
  return found;
}

/**
 * The metric of these counts.
 *
 * @param threshold that gave them, for the error
 * @throws HeadgateError `INVALID_METRIC` when it is not finite
 */
export function measured(metric: CountMetric, counts: ConfusionCounts, threshold: number): number {
  const value = metric(counts);
  if (!Number.isFinite(value)) throw notFinite(value, threshold);
  return value;
}

/** What a threshold decides. O(log n). */
export function countsAt(threshold: number, { positives, negatives }: SplitProbabilities): ConfusionCounts {
  const fn = notAbove(positives, threshold);
  const tn = notAbove(negatives, threshold);
  return { tp: positives.length - fn, fp: negatives.length - tn, tn, fn };
}

/** The threshold that stands for all which decide these scores as `threshold` does. */
export function standingFor(threshold: number, { positives, negatives }: SplitProbabilities): number {
  const fn = notAbove(positives, threshold);
  const tn = notAbove(negatives, threshold);
  const low = Math.max(positives[fn - 1] ?? 0, negatives[tn - 1] ?? 0);
  return between(low, Math.min(positives[fn] ?? 1, negatives[tn] ?? 1));
}

/** How many of ascending scores a threshold does not let pass. */
function notAbove(scores: Float64Array, threshold: number): number {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((scores[middle] as number) > threshold)
      high = middle; // below `high`
    else low = middle + 1;
  }
  return low;
}

/**
 * As `tuneSorted`, for scores with labels (0 or 1) in any order. O(n log n).
 *
 * @throws HeadgateError `LENGTH_MISMATCH`, `INVALID_SCORE`, `INVALID_LABEL`, `INVALID_METRIC`
 */
export function tuneThreshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  metric: CountMetric,
): TunedThreshold | null {
  return tuneSorted(split(scores, labels), metric);
}

/** A threshold t that separates neighbours: low <= t < high, since a decision is `score > t`. */
function between(low: number, high: number): number {
  if (low <= 0.5 && 0.5 < high) return 0.5;
  const middle = low + (high - low) / 2;
  const rounded = Math.fround(middle);
  if (low <= rounded && rounded < high) return rounded;
  // neighbouring float32 scores may round up to `high`; `low` itself separates them, and is float32 as they are
  return low === Math.fround(low) || middle >= high ? low : middle;
}

/** A threshold that nothing exceeds: from the greatest score up to 1. */
function atLeast(greatest: number): number {
  return greatest === 1 ? 1 : between(greatest, 1);
}

function split(scores: ArrayLike<number>, labels: ArrayLike<number>): SplitProbabilities {
  if (scores.length !== labels.length) {
    throw new HeadgateError({
      code: 'LENGTH_MISMATCH',
      path: 'labels',
      problem: 'Scores and labels must be of the same rows.',
      expected: `${scores.length} labels`,
      received: `${labels.length}`,
    });
  }
  const positives: number[] = [];
  const negatives: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    const label = labels[i];
    if (!isProbability(score)) throw invalidScore(`scores[${i}]`, score);
    if (label === 1) positives.push(score);
    else if (label === 0) negatives.push(score);
    else throw invalidLabel(`labels[${i}]`, label);
  }
  return { positives: Float64Array.from(positives).sort(), negatives: Float64Array.from(negatives).sort() };
}

export function isProbability(score: number | undefined): score is number {
  return score !== undefined && score >= 0 && score <= 1;
}

export function invalidScore(path: string, received: unknown): HeadgateError {
  return invalid('INVALID_SCORE', path, received, 'score', 'a probability from 0 to 1');
}

export function invalidLabel(path: string, received: unknown): HeadgateError {
  return invalid('INVALID_LABEL', path, received, 'label', '0 or 1');
}

function invalid(code: ErrorCode, path: string, received: unknown, what: string, expected: string): HeadgateError {
  return new HeadgateError({
    code,
    path,
    problem: `A threshold cannot be tuned on this ${what}.`,
    expected,
    received: show(received),
    mend: 'Leave out the rows that do not count.',
  });
}

function notFinite(value: unknown, threshold: number): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_METRIC',
    path: 'metric',
    problem: `The metric gave no finite number at threshold ${threshold}.`,
    expected: 'a finite number for every threshold, the greater the better',
    received: show(value),
    mend: 'Give 0 (or the worst value) where the metric is not defined.',
  });
}
