/** @file Rule 7 over a whole flow: the best threshold of every decision of every task. */
import type { Dataset } from '../data/dataset.js';
import { didYouMean, HeadgateError, show } from '../errors.js';
import { type Scores, scoresOf, type TaskScores, type Thresholds, thresholdsOf } from '../score/scores.js';
import type { TaskSlot } from '../tasks/layout.js';
import { type ConfusionCounts, type CountMetric, countMetrics } from '../tasks/metrics/counts.js';
import { tuneThreshold } from './tune-threshold.js';
import { type TunedDecision, type Tuning, tuningTable } from './tuning-table.js';

export type CountMetricName = keyof typeof countMetrics;

/** `f1_score`, `accuracy`, `precision`, `recall`, `balanced_accuracy`, or any function of the counts to be maximised. */
export type TuneMetric = CountMetricName | CountMetric;

export interface TuneOptions {
  /**
   * What to maximise: for all tasks, or by task path (`f1_score` for those left out). Default `f1_score`, which, other
   * than accuracy, does not reward a decision for never saying yes to something rare.
   */
  readonly metric?: TuneMetric | Readonly<Record<string, TuneMetric>>;
}

const defaultMetric: CountMetricName = 'f1_score';

/**
 * Searches every threshold that makes a difference, for each task and each of its decisions by itself (a multilabel's
 * classes), on the rows whose true condition holds and whose label is present. A decision without such rows keeps its
 * threshold, and the result says so. Changes nothing: the new thresholds are in the result.
 * Throws `UNKNOWN_METRIC`, `UNKNOWN_TASK`, `NO_THRESHOLDS` (a metric for a task that has none), `INVALID_METRIC`.
 */
export function tune(dataset: Dataset, scores: Scores, thresholds: Thresholds, options: TuneOptions = {}): Tuning {
  const metricOf = metricChooser(dataset, options.metric);
  const slots = dataset.layout.slots.filter((slot) => slot.task.kind.thresholds !== null);
  return tuningTable(
    slots.flatMap((slot) => {
      const before = thresholdsOf(slot.task, thresholds);
      return tuneTask(slot, dataset, scoresOf(scores, slot.task.path), before, metricOf(slot.task.path));
    }),
  );
}

function tuneTask(
  slot: TaskSlot,
  dataset: Dataset,
  { activated }: TaskScores,
  before: readonly number[],
  metric: NamedMetric,
): readonly TunedDecision[] {
  const { path, kind } = slot.task;
  const names = kind.thresholds?.names ?? [];
  const matching = names.length === kind.units && names.length === kind.width;
  return before.map((threshold, d) => {
    const kept = {
      task_path: path,
      decision: names.length === 1 ? null : (names[d] ?? null),
      metric_name: metric.name,
    };
    const same = { ...kept, threshold_before: threshold, threshold_after: threshold };
    const none = { ...same, metric_before: null, metric_after: null, num_samples: 0 };
    if (!matching) return { ...none, note: 'kept: this kind does not have one score for each threshold' };
    const { values, labels } = decisionColumn(slot, dataset, activated, d);
    const tuned = tuneThreshold(values, labels, metric.compute);
    if (!tuned) return { ...none, note: 'kept: no row has a label here and a true condition' };
    const counts = countsAt(threshold, values, labels);
    return {
      ...same,
      threshold_after: tuned.threshold,
      metric_before: metric.compute(counts),
      metric_after: tuned.value,
      num_samples: labels.length,
      note: oneSided(counts),
    };
  });
}

function decisionColumn(
  { offset, task }: TaskSlot,
  { rows, layout, labels, mask }: Dataset,
  activated: Float32Array,
  decision: number,
): { readonly values: Float32Array; readonly labels: Float64Array } {
  const values = new Float32Array(rows);
  const truth = new Float64Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const element = row * layout.width + offset + decision;
    if (mask[element] === 0) continue;
    values[count] = activated[row * task.kind.units + decision] ?? 0;
    truth[count++] = labels.values[element] ?? 0;
  }
  return { values: values.subarray(0, count), labels: truth.subarray(0, count) };
}

function countsAt(threshold: number, values: Float32Array, labels: Float64Array): ConfusionCounts {
  const counts = { tp: 0, fp: 0, tn: 0, fn: 0 };
  values.forEach((value, i) => {
    if (value > threshold) counts[labels[i] === 1 ? 'tp' : 'fp']++;
    else counts[labels[i] === 1 ? 'fn' : 'tn']++;
  });
  return counts;
}

function oneSided({ tp, fn, fp, tn }: ConfusionCounts): string | null {
  if (tp + fn === 0) return 'every label is negative: the threshold says little';
  return fp + tn === 0 ? 'every label is positive: the threshold says little' : null;
}

interface NamedMetric {
  readonly name: string;
  readonly compute: CountMetric;
}

function metricChooser(dataset: Dataset, metric: TuneOptions['metric'] = defaultMetric): (path: string) => NamedMetric {
  if (typeof metric !== 'object' || metric === null) {
    const named = namedMetric(metric, 'metric');
    return () => named;
  }
  const { slots } = dataset.layout;
  const byPath = new Map<string, NamedMetric>();
  for (const [path, own] of Object.entries(metric)) {
    const slot = slots.find(({ task }) => task.path === path);
    if (!slot?.task.kind.thresholds) throw notTunable(path, slot !== undefined, dataset);
    byPath.set(path, namedMetric(own, `metric.${path}`));
  }
  const fallback = namedMetric(defaultMetric, 'metric');
  return (path) => byPath.get(path) ?? fallback;
}

function namedMetric(metric: TuneMetric, path: string): NamedMetric {
  if (typeof metric === 'function') return { name: metric.name || 'metric', compute: metric };
  if (Object.hasOwn(countMetrics, metric)) return { name: metric, compute: countMetrics[metric] };
  throw new HeadgateError({
    code: 'UNKNOWN_METRIC',
    path,
    problem: 'Thresholds cannot be tuned for this metric.',
    expected: `${Object.keys(countMetrics).join(', ')}, or a function of { tp, fp, tn, fn }`,
    received: show(metric),
    suggestion: didYouMean(String(metric), Object.keys(countMetrics)),
  });
}

function notTunable(path: string, known: boolean, { layout }: Dataset): HeadgateError {
  const paths = layout.slots.filter(({ task }) => task.kind.thresholds !== null).map(({ task }) => task.path);
  return new HeadgateError({
    code: known ? 'NO_THRESHOLDS' : 'UNKNOWN_TASK',
    path: `metric.${path}`,
    problem: known ? 'This task decides without a threshold.' : 'There is no such task in the flow.',
    expected: `one of: ${paths.join(', ')}`,
    suggestion: known ? undefined : didYouMean(path, paths),
  });
}
