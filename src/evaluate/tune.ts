/** @file Rule 7 over a whole flow: the best threshold of every decision of every task. */
import type { Truth } from '../data/dataset.js';
import { type Scores, scoresOf, type Thresholds, thresholdsOf } from '../score/scores.js';
import { scoredUnits, type ThresholdSpec } from '../tasks/kind.js';
import { type Layout, labelStart, type TaskSlot } from '../tasks/layout.js';
import { keepScores, NEGATIVE, POSITIVE, UNCOUNTED } from '../tasks/metrics/kept-scores.js';
import type { SplitScores } from '../tasks/metrics/ranking.js';
import { createFolds, type FoldsOf } from './cross-fit.js';
import { type TuneMethod, tuneDecision } from './tune-decision.js';
import { metricChooser, type NamedMetric, type TuneMetrics } from './tune-metric.js';
import { invalidLabel, invalidScore, isProbability, type SplitProbabilities } from './tune-threshold.js';
import { NO_ROWS, type TunedDecision, type Tuning, tuningTable } from './tuning-table.js';

export type { TuneMethod } from './tune-decision.js';
export type { CountMetricName, TuneMetric } from './tune-metric.js';

export interface TuneOptions {
  /**
   * What to maximise: for all tasks, or by task path (`f1_score` for those left out). Default `f1_score`, which, other
   * than accuracy, does not reward a decision for never saying yes to something rare.
   */
  readonly metric?: TuneMetrics;
  /** When a threshold moves. Default `cross-fitted`. */
  readonly method?: TuneMethod;
}

/** Rows come in chunks of any size; the result does not depend on where they were cut. */
export interface TuningFold {
  readonly add: (truth: Truth, scores: Scores) => void;
  /** @throws HeadgateError `INVALID_METRIC`, `INVALID_SCORE`, `INVALID_LABEL` */
  readonly result: () => Tuning;
}

/**
 * Searches every threshold that makes a difference, for each task and each of its decisions by itself (a multilabel's
 * classes), on the rows whose true condition holds and whose label is present. By default a threshold moves only where
 * its gain holds on rows that did not choose it; a decision without rows keeps its threshold. The result says why.
 * Changes nothing: the new thresholds are in the result.
 *
 * Scores are told apart by their float64 probabilities, which `decode` compares too: what a threshold was measured to
 * do is what it does. Where even these are equal (logits above 36) no threshold in [0, 1] is between them.
 *
 * @throws HeadgateError `UNKNOWN_METRIC`, `UNKNOWN_TASK`, `NO_THRESHOLDS` (a metric for a task that has none)
 */
export function startTuning(layout: Layout, thresholds: Thresholds, options: TuneOptions = {}): TuningFold {
  const metricOf = metricChooser(layout, options.metric);
  const search = { method: options.method ?? 'cross-fitted', folds: createFolds() };
  const tasks = layout.slots.flatMap((slot) => {
    const spec = slot.task.kind.thresholds;
    return spec === null
      ? []
      : [startTask(slot, spec, thresholdsOf(slot.task, thresholds), { metric: metricOf(slot.task.path), ...search })];
  });
  return {
    add: (truth, scores) => {
      for (const task of tasks) task.add(truth, scores);
    },
    result: () => tuningTable(tasks.flatMap((task) => task.result())),
  };
}

/** As `startTuning`, for rows that are all there. */
export function tune(truth: Truth, scores: Scores, thresholds: Thresholds, options: TuneOptions = {}): Tuning {
  const tuning = startTuning(truth.layout, thresholds, options);
  tuning.add(truth, scores);
  return tuning.result();
}

interface TaskFold {
  readonly add: TuningFold['add'];
  readonly result: () => readonly TunedDecision[];
}

interface Search {
  readonly metric: NamedMetric;
  readonly method: TuneMethod;
  readonly folds: FoldsOf;
}

const MISMATCH = 'this kind does not have one score for each threshold';

function startTask(slot: TaskSlot, spec: ThresholdSpec, before: readonly number[], search: Search): TaskFold {
  const { path, kind } = slot.task;
  const { names } = spec;
  const kept = keepScores(scoredUnits(kind));
  const matching = names.length === scoredUnits(kind) && names.length === kind.width;
  const unmoved = (d: number, why: string): TunedDecision => ({
    task_path: path,
    decision: names.length === 1 ? null : (names[d] as string), // as many as thresholds
    metric_name: search.metric.name,
    threshold_before: before[d] as number,
    threshold_after: before[d] as number,
    metric_before: null,
    metric_after: null,
    gain: null,
    cross_fitted_gain: null,
    standard_error: null,
    num_samples: 0,
    num_positives: 0,
    moved: false,
    why: `kept: ${why}`,
  });
  return {
    add: (truth, scores) => {
      if (!matching || !kept.hasRoom(truth.rows * slot.positions)) return;
      const { logits, activated } = scoresOf(scores, path);
      kept.add(spec.probability === undefined ? activated : logits, sideOf(slot, truth));
    },
    result: () => {
      const reason = matching ? kept.note() : MISMATCH;
      if (reason !== null) return before.map((_, d) => unmoved(d, reason));
      const found: TunedDecision[] = [];
      for (const scores of kept.columns(before.map((_, d) => d))) {
        found.push(tuned(unmoved(found.length, NO_ROWS), probabilitiesOf(scores, spec, path), search));
      }
      return found;
    },
  };
}

function tuned(unmoved: TunedDecision, scores: SplitProbabilities, { metric, ...search }: Search): TunedDecision {
  const outcome = tuneDecision(scores, unmoved.threshold_before, metric.compute, search);
  const num_positives = scores.positives.length;
  return outcome === null
    ? unmoved
    : { ...unmoved, ...outcome, num_samples: num_positives + scores.negatives.length, num_positives };
}

function sideOf(slot: TaskSlot, { layout, labels, mask }: Truth): (place: number, column: number) => number {
  const { task } = slot;
  const units = scoredUnits(task.kind);
  return (place, column) => {
    const element = labelStart(layout, slot, (place - column) / units) + column;
    if (mask[element] === 0) return UNCOUNTED;
    const label = labels.values[element];
    if (label !== 0 && label !== 1) throw invalidLabel(task.path, label);
    return label === 1 ? POSITIVE : NEGATIVE;
  };
}

function probabilitiesOf({ positives, negatives }: SplitScores, spec: ThresholdSpec, path: string): SplitProbabilities {
  const { probability = (activated) => activated } = spec;
  const own = (scores: ArrayLike<number>): Float64Array => {
    const values = Float64Array.from(scores, probability).sort();
    const wrong = values.find((value) => !isProbability(value));
    if (wrong !== undefined) throw invalidScore(path, wrong);
    return values;
  };
  return { positives: own(positives), negatives: own(negatives) };
}
