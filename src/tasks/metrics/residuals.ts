/** @file Metrics of numbers, in the units of the labels. Null without rows. */
import { at } from '../arrays.js';
import type { Metric, MetricFold, MetricResult } from '../kind.js';
import { meanMetric } from './fold.js';

/** Mean |prediction - label|, as a multiple of `unit`. */
export function meanAbsoluteError(name: string, unit = 1): Metric {
  return meanMetric(
    name,
    ({ decoded, labels }, row) => Math.abs(at(decoded, row) - at(labels, row)) / unit,
    'minimise',
  );
}

/** No value, and the reason: squares of errors beyond 1e154 or below 1e-162 leave the range of float64. */
function beyondRange(name: string): MetricResult {
  return { name, value: null, note: 'its squares are beyond the range of float64: give the labels in another unit' };
}

/** √ mean (prediction - label)². */
export const rootMeanSquaredError: Metric = Object.freeze<Metric>({
  name: 'root_mean_squared_error',
  direction: 'minimise',
  start: () => {
    const name = 'root_mean_squared_error';
    let isExact = true;
    const squares = meanMetric('squares', ({ decoded, labels }, row) => {
      const error = at(decoded, row) - at(labels, row);
      isExact &&= error === 0 || error ** 2 > 0;
      return error ** 2;
    }).start();
    return {
      add: squares.add,
      results: () =>
        squares.results().map(({ value }) => {
          if (value === null) return { name, value };
          return isExact && Number.isFinite(value) ? { name, value: Math.sqrt(value) } : beyondRange(name);
        }),
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
    results: () => {
      const value = constant ? null : 1 - residual / total;
      return [value === null || Number.isFinite(value) ? { name: 'r2', value } : beyondRange('r2')];
    },
  };
}
