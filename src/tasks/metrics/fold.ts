/** @file Making metrics: from a function of all rows, from a mean over rows, and the numbers that many share. */
import { at } from '../arrays.js';
import type { Metric, MetricFold, MetricResult, MetricView } from '../kind.js';

/**
 * A metric of one number made from all rows at once, higher being better unless said otherwise. Null without rows. It
 * keeps what it is given until the end: where a sum will do, `meanMetric` keeps nothing.
 * @example metricOf('median_error', ({ decoded, labels }) => median(decoded, labels), 'minimise')
 */
export function metricOf(
  name: string,
  value: (view: MetricView) => number | null,
  direction: Metric['direction'] = 'maximise',
): Metric {
  return Object.freeze<Metric>({
    name,
    direction,
    start: () => collect((view) => [{ name, value: view.rows === 0 ? null : value(view) }]),
  });
}

/**
 * A metric that is a mean of a number of each row. Null without rows.
 * @param term of row `row` of the view
 * @example
 * const error = ({ decoded, labels }: MetricView, row: number) => (decoded[row] ?? 0) - (labels[row] ?? 0);
 * meanMetric('mean_absolute_error', (view, row) => Math.abs(error(view, row)), 'minimise');
 */
export function meanMetric(
  name: string,
  term: (view: MetricView, row: number) => number,
  direction: Metric['direction'] = 'maximise',
): Metric {
  return Object.freeze<Metric>({
    name,
    direction,
    start: () => {
      let rows = 0;
      let sum = 0;
      return {
        add: (view) => {
          for (let row = 0; row < view.rows; row++) sum += term(view, row);
          rows += view.rows;
        },
        results: () => [{ name, value: rows === 0 ? null : sum / rows }],
      };
    },
  });
}

/**
 * A fold that keeps every view and hands them over as one: for what cannot be known before the last row.
 *
 * @example const start = () => collect(({ rows }) => [{ name: 'rows', value: rows }]);
 */
export function collect(finish: (view: MetricView) => readonly MetricResult[]): MetricFold {
  const views: MetricView[] = [];
  return {
    add: (view) => {
      views.push(view);
    },
    results: () => finish(joined(views)),
  };
}

/** Many views as one; one is not copied. */
function joined(views: readonly MetricView[]): MetricView {
  const [only] = views;
  if (only !== undefined && views.length === 1) return only;
  const lengthOf = (array: (view: MetricView) => ArrayLike<number>) =>
    views.reduce((sum, view) => sum + array(view).length, 0);
  const elements = lengthOf((view) => view.labels);
  const whole = {
    rows: views.reduce((sum, view) => sum + view.rows, 0),
    logits: new Float32Array(lengthOf((view) => view.logits)),
    activated: new Float32Array(lengthOf((view) => view.activated)),
    decoded: new Float64Array(elements),
    labels: new Float64Array(elements),
    counted: new Uint8Array(elements),
  };
  let score = 0;
  let element = 0;
  for (const view of views) {
    whole.logits.set(view.logits, score);
    whole.activated.set(view.activated, score);
    whole.decoded.set(view.decoded, element);
    whole.labels.set(view.labels, element);
    whole.counted.set(view.counted, element);
    score += view.logits.length;
    element += view.labels.length;
  }
  return whole;
}

/** Mean of the values that are defined; null when none is. */
export function macroAverage(values: Iterable<number | null>): number | null {
  let sum = 0;
  let defined = 0;
  for (const value of values) {
    if (value === null) continue;
    sum += value;
    defined++;
  }
  return defined === 0 ? null : sum / defined;
}

/** Adds one to a place of a table. */
export function increment(table: Float64Array, place: number): void {
  table[place] = at(table, place) + 1;
}
