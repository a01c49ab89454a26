/** @file The metrics of a binary task. */
import type { ConfusionMatrix, Metric, MetricView } from '../kind.js';
import { accuracy, type CountMetric, f1Score, precision, recall } from './counts.js';
import { averagePrecision, rocAuc } from './ranking.js';
import { countsOf, elementColumn, single } from './view.js';

const counted = (name: string, metric: CountMetric): Metric =>
  single(name, (view) => metric(countsOf(elementColumn(view, 1, 0))));

const ranked = (name: string, metric: (scores: Float32Array, labels: Float64Array) => number | null): Metric =>
  single(name, (view) => {
    const { scores, labels } = elementColumn(view, 1, 0);
    return metric(scores, labels);
  });

/**
 * `accuracy`, `f1_score`, `precision`, `recall` of the decisions (0 where nothing is divided by nothing), `roc_auc`
 * (null with one class of labels) and `average_precision` (null without positives) of the scores.
 */
export const binaryMetrics: readonly Metric[] = Object.freeze([
  counted('accuracy', accuracy),
  counted('f1_score', f1Score),
  counted('precision', precision),
  counted('recall', recall),
  ranked('roc_auc', rocAuc),
  ranked('average_precision', averagePrecision),
]);

export function binaryConfusion(view: MetricView): readonly ConfusionMatrix[] {
  const { tp, fp, tn, fn } = countsOf(elementColumn(view, 1, 0));
  const counts = [
    [tn, fp],
    [fn, tp],
  ];
  return [{ name: null, classes: ['false', 'true'], counts }];
}
