/** @file Metrics of numbers, in the units of the labels. Null without rows. */
import { at } from '../arrays.js';
import type { Metric, MetricFold } from '../kind.js';
import { meanMetric } from './fold.js';

/** Mean |prediction - label|, as a multiple of `unit`. */
export function meanAbsoluteError(name: string, unit = 1): Metric {
  return meanMetric(
    name,
    ({ decoded, labels }, row) => Math.abs(at(decoded, row) - at(labels, row)) / unit,
    'minimise',
  );
}

/** √ mean (prediction - label)². */
export const rootMeanSquaredError: Metric = Object.freeze<Metric>({
  name: 'root_mean_squared_error',
  direction: 'minimise',
  start: () => {
    const squares = meanMetric(
      'squares',
      ({ decoded, labels }, row) => (at(decoded, row) - at(labels, row)) ** 2,
    ).start();
    return {
      add: squares.add,
      results: () =>
        squares.results().map(({ value }) => ({ name: 'root_mean_squared_error', value: value && Math.sqrt(value) })),
    };
  },
});

/** Coefficient of determination, 1 - Σ(prediction - label)² / Σ(label - mean)². Null where all labels are equal. */
export const r2: Metric = Object.freeze<Metric>({ name: 'r2', direction: 'maximise', start: startR2 });

/** Σ(label - mean)² by Welford (Technometrics 4, 1962): one pass, and no cancellation far from zero. */
function startR2(): MetricFold {
  let rows = 0;
  let mean = 0;
  let total = 0;
  let residual = 0;
  let first = 0;
  // compared, not computed: the mean of equal labels may differ from them by a rounding
  let constant = true;
  return {
    add: ({ rows: count, decoded, labels }) => {
      for (let row = 0; row < count; row++) {
        const label = at(labels, row);
        if (rows === 0) first = label;
        rows++;
        constant &&= label === first;
        const before = label - mean;
        mean += before / rows;
        total += before * (label - mean);
        residual += (at(decoded, row) - label) ** 2;
      }
    },
    results: () => [{ name: 'r2', value: constant ? null : 1 - residual / total }],
  };
}
