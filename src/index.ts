/** @file Everything that a user imports. */
export { type ErrorFacts, HeadgateError } from './errors.js';
export { type BinaryOptions, binary } from './tasks/binary.js';
export { type BoundedRegressionOptions, boundedRegression } from './tasks/bounded-regression.js';
export { type ClassificationOptions, classification } from './tasks/classification.js';
export type {
  ExplainedValue,
  ExplanationLine,
  LabelCell,
  Metric,
  MetricResult,
  MetricView,
  TaskKind,
  ThresholdSpec,
} from './tasks/kind.js';
export { type MultilabelOptions, multilabel } from './tasks/multilabel.js';
export { type KindReader, kindFromOptions } from './tasks/registry.js';
export { type RegressionOptions, regression } from './tasks/regression.js';
export { tf } from './tf.js';
