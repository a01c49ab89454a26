/** @file The metrics of regressions, in label units. */
import type { Metric, MetricView } from '../kind.js';
import { meanAbsoluteError, r2, rootMeanSquaredError } from './residuals.js';
import { elementColumn, single } from './view.js';

type Residuals = (predictions: Float64Array, labels: Float64Array) => number | null;

const measured = (metric: Residuals) => (view: MetricView) => {
  const { decisions, labels } = elementColumn(view, 1, 0);
  return metric(decisions, labels);
};

/** `mean_absolute_error`, `root_mean_squared_error` and `r2` (null where all labels are equal). */
export const regressionMetrics: readonly Metric[] = Object.freeze([
  single('mean_absolute_error', measured(meanAbsoluteError), 'minimise'),
  single('root_mean_squared_error', measured(rootMeanSquaredError), 'minimise'),
  single('r2', measured(r2)),
]);

/** Those of a regression, and `normalised_mean_absolute_error`: |prediction - label| / range, dnn_cool's number. */
export function boundedRegressionMetrics(range: number): readonly Metric[] {
  const normalised = measured((predictions, labels) => {
    const error = meanAbsoluteError(predictions, labels);
    return error === null ? null : error / range;
  });
  return Object.freeze([...regressionMetrics, single('normalised_mean_absolute_error', normalised, 'minimise')]);
}
