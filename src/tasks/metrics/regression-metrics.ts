/** @file The metrics of regressions, in label units. */
import type { Metric } from '../kind.js';
import { meanAbsoluteError, r2, rootMeanSquaredError } from './residuals.js';

/** `mean_absolute_error`, `root_mean_squared_error` and `r2` (null where all labels are equal). */
export const regressionMetrics: readonly Metric[] = Object.freeze([
  meanAbsoluteError('mean_absolute_error'),
  rootMeanSquaredError,
  r2,
]);

/** Those of a regression, and `normalised_mean_absolute_error`: |prediction - label| / range, dnn_cool's number. */
export function boundedRegressionMetrics(range: number): readonly Metric[] {
  return Object.freeze([...regressionMetrics, meanAbsoluteError('normalised_mean_absolute_error', range)]);
}
