/** @file Everything that a user imports. */
export type { Column, TensorSource } from './data/column.js';
export { type CsvOptions, type CsvResult, type LeftOutLine, readCsv } from './data/csv.js';
export type { CellType } from './data/csv-cells.js';
export type { DanfoFrame } from './data/danfo.js';
export { type MissingNumbers, withMissingNumbers } from './data/missing.js';
export type { SplitOptions } from './data/split.js';
export { type ColumnSource, type Row, Table, type TableLike } from './data/table.js';
export { type ErrorFacts, HeadgateError } from './errors.js';
export type { ElementTest, Predicates } from './flow/declaration.js';
export type { Json } from './flow/graph.js';
export { normals, permutation, type RandomStreamKey, uniforms } from './random.js';
export { type BinaryOptions, binary } from './tasks/binary.js';
export { type BoundedRegressionOptions, boundedRegression } from './tasks/bounded-regression.js';
export { type ClassificationOptions, classification } from './tasks/classification.js';
export type {
  ConfusionMatrix,
  ExplainedValue,
  ExplanationLine,
  LabelCell,
  Metric,
  MetricResult,
  MetricView,
  TaskKind,
  ThresholdSpec,
} from './tasks/kind.js';
export { type ConfusionCounts, type CountMetric, countMetrics } from './tasks/metrics/counts.js';
export { type MultilabelOptions, multilabel } from './tasks/multilabel.js';
export { type KindReader, kindFromOptions } from './tasks/registry.js';
export { type RegressionOptions, regression } from './tasks/regression.js';
export { tf } from './tf.js';
