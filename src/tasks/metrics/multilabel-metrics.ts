/** @file The metrics of a multilabel, each over the label elements that count. */
import { at } from '../arrays.js';
import type { ConfusionMatrix, Metric, MetricResult, MetricView } from '../kind.js';
import { accuracy, addCounts, type CountMetric, f1Score, precision, recall } from './counts.js';
import { averagePrecision, rocAuc } from './ranking.js';
import { countsOf, type ElementColumn, elementColumn, macroAverage, single } from './view.js';

/**
 * `accuracy` is elementwise (1 - Hamming loss), as in dnn_cool; `subset_accuracy` is the share of rows with every class
 * right, over the rows with every label present. `f1`, `precision` and `recall` come as `_macro` (mean over classes),
 * `_micro` (over all elements) and for each class, `f1_score[red]`; `roc_auc_macro` and `average_precision_macro` are
 * means over the classes where they are defined. A class without a single label has no part in a mean.
 */
export function multilabelMetrics(classes: readonly string[]): readonly Metric[] {
  const columns = (view: MetricView) => classes.map((_, i) => elementColumn(view, classes.length, i));
  const family = (name: string, perClass: string, metric: CountMetric): Metric =>
    Object.freeze<Metric>({
      name,
      direction: 'maximise',
      compute: (view) => averages(name, perClass, metric, columns(view), classes),
    });
  const ranked = (name: string, metric: (scores: Float32Array, labels: Float64Array) => number | null): Metric =>
    single(name, (view) => macroAverage(columns(view).map(({ scores, labels }) => metric(scores, labels))));
  return Object.freeze([
    Object.freeze<Metric>({
      name: 'accuracy',
      direction: 'maximise',
      compute: (view) => [
        { name: 'accuracy', value: micro(accuracy, columns(view)) },
        subsetAccuracy(view, classes.length),
      ],
    }),
    family('f1', 'f1_score', f1Score),
    family('precision', 'precision', precision),
    family('recall', 'recall', recall),
    ranked('roc_auc_macro', rocAuc),
    ranked('average_precision_macro', averagePrecision),
  ]);
}

function averages(
  name: string,
  perClass: string,
  metric: CountMetric,
  columns: readonly ElementColumn[],
  classes: readonly string[],
): readonly MetricResult[] {
  const values = columns.map((column) => (column.rows === 0 ? null : metric(countsOf(column))));
  return [
    { name: `${name}_macro`, value: macroAverage(values) },
    { name: `${name}_micro`, value: micro(metric, columns) },
    ...columns.map(({ rows }, i) => ({ name: `${perClass}[${classes[i]}]`, value: values[i] ?? null, rows })),
  ];
}

function micro(metric: CountMetric, columns: readonly ElementColumn[]): number | null {
  if (columns.every(({ rows }) => rows === 0)) return null;
  return metric(columns.map(countsOf).reduce(addCounts));
}

function subsetAccuracy(view: MetricView, width: number): MetricResult {
  let rows = 0;
  let hits = 0;
  for (let row = 0; row < view.rows; row++) {
    let complete = true;
    let right = true;
    for (let i = row * width; i < (row + 1) * width; i++) {
      complete &&= at(view.counted, i) === 1;
      right &&= at(view.decoded, i) === at(view.labels, i);
    }
    if (complete) rows++;
    if (complete && right) hits++;
  }
  return { name: 'subset_accuracy', value: rows === 0 ? null : hits / rows, rows };
}

/** One 2×2 matrix for each class. */
export function multilabelConfusion(classes: readonly string[]): (view: MetricView) => readonly ConfusionMatrix[] {
  return (view) =>
    classes.map((name, i) => {
      const { tp, fp, tn, fn } = countsOf(elementColumn(view, classes.length, i));
      const counts = [
        [tn, fp],
        [fn, tp],
      ];
      return { name, classes: ['false', 'true'], counts };
    });
}
