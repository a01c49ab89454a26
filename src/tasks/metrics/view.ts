/** @file Reading a MetricView, and making metrics from functions of its parts. */
import { at } from '../arrays.js';
import type { Metric, MetricView } from '../kind.js';
import { type ConfusionCounts, confusionCounts } from './counts.js';

/** One element over the rows where its label counts. */
export interface ElementColumn {
  readonly rows: number;
  readonly scores: Float32Array;
  readonly decisions: Float64Array;
  readonly labels: Float64Array;
}

/** `width` is that of labels, decisions and activations alike. */
export function elementColumn(view: MetricView, width: number, element: number): ElementColumn {
  const scores = new Float32Array(view.rows);
  const decisions = new Float64Array(view.rows);
  const labels = new Float64Array(view.rows);
  let rows = 0;
  for (let i = element; i < view.rows * width; i += width) {
    if (at(view.counted, i) === 0) continue;
    scores[rows] = at(view.activated, i);
    decisions[rows] = at(view.decoded, i);
    labels[rows] = at(view.labels, i);
    rows++;
  }
  return {
    rows,
    scores: scores.subarray(0, rows),
    decisions: decisions.subarray(0, rows),
    labels: labels.subarray(0, rows),
  };
}

export function countsOf(column: ElementColumn): ConfusionCounts {
  return confusionCounts(column.decisions, column.labels);
}

/** A metric of one number, higher being better unless said otherwise. Null without rows. */
export function single(
  name: string,
  value: (view: MetricView) => number | null,
  direction: Metric['direction'] = 'maximise',
): Metric {
  return Object.freeze<Metric>({
    name,
    direction,
    compute: (view) => [{ name, value: view.rows === 0 ? null : value(view) }],
  });
}

/** Mean of the values that are defined; null when none is. */
export function macroAverage(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
