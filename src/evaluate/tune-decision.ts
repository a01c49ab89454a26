/** @file Whether the threshold of one decision moves, where to, and why. */
import type { ConfusionCounts, CountMetric } from '../tasks/metrics/counts.js';
import { type CrossFit, crossFit, type FoldsOf } from './cross-fit.js';
import {
  countsAt,
  measured,
  type SplitProbabilities,
  standingFor,
  type TunedThreshold,
  tuneSorted,
} from './tune-threshold.js';
import type { TunedDecision } from './tuning-table.js';

/**
 * `cross-fitted`: a threshold moves only where its gain holds on rows that it was not chosen on. `exact`: it moves to
 * the best one on these rows, however few they are.
 */
export type TuneMethod = 'cross-fitted' | 'exact';

export const tuneMethods = ['cross-fitted', 'exact'] as const satisfies readonly TuneMethod[];

/**
 * Standard errors of the cross-fitted gain that it must exceed. A whole one gives away two thirds of what there is to gain
 * with three positives in sixty rows, none loses where the present threshold is the best already: `bench/quality/tuning.ts`
 * compares them, and `docs/evaluation.md` has its table.
 */
export const STANDARD_ERRORS = 0.5;

/** What tuning says of a decision that has rows. */
export type Outcome = Pick<
  TunedDecision,
  | 'threshold_after'
  | 'metric_before'
  | 'metric_after'
  | 'gain'
  | 'cross_fitted_gain'
  | 'standard_error'
  | 'moved'
  | 'why'
>;

/**
 * @param present the threshold that is set, at which a decision stays where nothing better is found
 * @returns null without rows
 * @throws HeadgateError `INVALID_METRIC`
 */
export function tuneDecision(
  scores: SplitProbabilities,
  present: number,
  metric: CountMetric,
  { method, folds }: { readonly method: TuneMethod; readonly folds: FoldsOf },
): Outcome | null {
  const best = tuneSorted(scores, metric);
  if (best === null) return null;
  const counts = countsAt(present, scores);
  const before = measured(metric, counts, present);
  const gain = best.value - before;
  const same = { metric_before: before, gain, cross_fitted_gain: null, standard_error: null };
  const side = oneSided(counts);
  const moved = ({ threshold, value }: TunedThreshold, why: string): Outcome => ({
    ...same,
    ...{ threshold_after: threshold, metric_after: value, moved: threshold !== present, why },
  });
  const kept = (why: string): Outcome => moved({ threshold: present, value: before }, `kept: ${why}`);
  if (method === 'exact')
    return moved(best, side === null ? 'the best of all thresholds' : `${side}: the threshold says little`);
  if (side !== null) return kept(side);
  if (gain <= 0) return kept('no threshold is better');
  const fit = crossFit(scores, present, metric, folds);
  const outcome =
    fit.gain > STANDARD_ERRORS * fit.standardError
      ? moved(steadier(fit, best, scores, metric, before), 'the gain holds on rows that did not choose the threshold')
      : kept('the gain does not hold on rows that did not choose the threshold');
  return { ...outcome, cross_fitted_gain: fit.gain, standard_error: fit.standardError };
}

/** The mean of the chosen thresholds; the best one, should the mean be no better than the present one. */
function steadier(
  fit: CrossFit,
  best: TunedThreshold,
  scores: SplitProbabilities,
  metric: CountMetric,
  before: number,
): TunedThreshold {
  const threshold = standingFor(fit.threshold, scores);
  const value = measured(metric, countsAt(threshold, scores), threshold);
  return value > before ? { threshold, value } : best;
}

function oneSided({ tp, fn, fp, tn }: ConfusionCounts): string | null {
  if (tp + fn === 0) return 'every label is negative';
  return fp + tn === 0 ? 'every label is positive' : null;
}
