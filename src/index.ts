/** @file Everything that a user imports. */

export type { Augmentation, AxisMove, Draws, Move, Picture } from './data/augment/augmentation.js';
export { type CropOptions, crop } from './data/augment/crop.js';
export { type FlipOptions, flip } from './data/augment/flip.js';
export { brightness, contrast, type LightOptions } from './data/augment/light.js';
export { type NoiseOptions, noise } from './data/augment/noise.js';
export type { AugmentOptions, BoxLabels, MovingLabels } from './data/augment/options.js';
export { type ShiftOptions, shift } from './data/augment/shift.js';
export type { Column, TensorSource } from './data/column.js';
export { type BooleanCell, type BooleanOptions, boolean } from './data/columns/boolean.js';
export { type CategoryCell, type CategoryOptions, type CategoryValue, category } from './data/columns/category.js';
export type {
  CellSort,
  ColumnCell,
  ColumnEncoder,
  ColumnKind,
  ColumnLearning,
  LearntColumn,
} from './data/columns/column-kind.js';
export { columns } from './data/columns/columns.js';
export { type DateCell, type DateOptions, type DatePart, date } from './data/columns/date.js';
export { defineColumn } from './data/columns/define-column.js';
export { type CellComplaint, invalidCell } from './data/columns/invalid-cell.js';
export { type NumberOptions, number } from './data/columns/number.js';
export { type NumbersCell, type NumbersOptions, numbers } from './data/columns/numbers.js';
export { type CsvOptions, type CsvResult, type LeftOutLine, readCsv } from './data/csv.js';
export type { CellType } from './data/csv-cells.js';
export type { DanfoFrame, DanfoLike } from './data/danfo.js';
export type { DataLike, StreamLike } from './data/data-like.js';
export { imageFolder } from './data/images/image-folder.js';
export type { ImageSource, LeftOutImage } from './data/images/image-source.js';
export { imagesIn } from './data/images/images-in.js';
export type { ImageSourceOptions, ImagesInOptions } from './data/images/options.js';
export type { ImageCounts } from './data/images/reader.js';
export type { ImageTransform } from './data/images/transform.js';
export { type MissingNumbers, withMissingNumbers } from './data/missing.js';
export { type MixedPart, type MixOptions, mixTables } from './data/mix.js';
export { type Padded, type PaddedOptions, padded, paddingShape } from './data/ragged/padding.js';
export type { Balance, CountedClass, CountedDecision } from './data/report/balance.js';
export type { DescribedCells } from './data/report/columns.js';
export type { CountedRows } from './data/report/inputs.js';
export type { NumberSummary } from './data/report/number-summary.js';
export type { Refusal } from './data/report/refusals.js';
export type { DescribedLabels } from './data/report/tasks.js';
export type { Row } from './data/row.js';
export type { ShardOptions } from './data/shards.js';
export { type BalanceOptions, balancedSource } from './data/sources/balanced.js';
export { concatSources } from './data/sources/concat.js';
export type { ArrowOptions } from './data/sources/duckdb/arrow.js';
export type { CsvSource, CsvSourceOptions } from './data/sources/duckdb/csv.js';
export type { RejectedLine } from './data/sources/duckdb/csv-rejects.js';
export type { FileNames } from './data/sources/duckdb/file-names.js';
export type { FileSource, FileSourceOptions } from './data/sources/duckdb/file-source.js';
export type { JsonLinesOptions } from './data/sources/duckdb/json-lines.js';
export type { ParquetOptions } from './data/sources/duckdb/parquet.js';
export type { SqlOptions } from './data/sources/duckdb/sql.js';
export { arrowSource, csvSource, jsonLinesSource, parquetSource, sqlSource } from './data/sources/files.js';
export { type FlowingOptions, iterableSource } from './data/sources/flowing.js';
export { recordsSource, tableSource } from './data/sources/random-access.js';
export type { Sampling } from './data/sources/sampled.js';
export type { Chunk, ChunkOptions, ColumnInfo, ReadOrder, Source } from './data/sources/source.js';
export { type UnionOptions, unionSources } from './data/sources/union.js';
export type { SplitOptions } from './data/splits/split.js';
export { type SuggestedColumn, type Suggestion, type SuggestOptions, suggest } from './data/suggest/suggest.js';
export { type ColumnSource, Table, type TableLike } from './data/table.js';
export { type TextCell, type TextOptions, text } from './data/text/text-column.js';
export { readTokenizer } from './data/text/tokenizer/read.js';
export { type SpecialTokens, type Tokenizer, tokenizerOf } from './data/text/tokenizer/tokenizer.js';
export type { TokenizerOptions } from './data/text/tokenizer/train/options.js';
export type { TokenizerReport } from './data/text/tokenizer/train/report.js';
export { type TrainedTokenizer, trainTokenizer } from './data/text/tokenizer/train/train.js';
export type { EngineName } from './engine/select.js';
export { type ErrorCode, type ErrorFacts, HeadgateError } from './errors.js';
export type { ConfusionMatrix, Confusions } from './evaluate/confusion-matrix.js';
export type { Evaluation, EvaluationRow, EvaluationView, PrintOptions } from './evaluate/evaluation-table.js';
export type { Extremes, Interpretation, InterpretedRow } from './evaluate/interpretation-table.js';
export type { CountMetricName, TuneMethod, TuneMetric } from './evaluate/tune.js';
export type { TunedDecision, Tuning, TuningPrintOptions } from './evaluate/tuning-table.js';
export { along } from './flow/axes.js';
export { and, type Condition, not, or } from './flow/conditions.js';
export type {
  ElementTest,
  Predicates,
  ProbabilityOf,
  RowOfAnswers,
  TaskDeclaration,
  ValueOf,
} from './flow/declaration.js';
export type { FeatureArgument, FeatureRef, Features } from './flow/features.js';
export type { Flow, FlowTask, Gate } from './flow/flow.js';
export type {
  AndNode,
  ChannelStatistics,
  ColumnKindSpec,
  ColumnSpecOf,
  ColumnsSpecOf,
  ConditionNode,
  FlowGraph,
  FlowNode,
  InputSpec,
  InputSpecOf,
  Json,
  NotNode,
  OrNode,
  PredicateNode,
  TaskNode,
  WhenUnknown,
} from './flow/graph.js';
export type {
  AnyMember,
  DetailedOf,
  FlowHandle,
  GivenOptions,
  PathsOf,
  PredictionsOf,
  TaskHandle,
  WithProbability,
} from './flow/handles.js';
export { type ImageOptions, image, type TensorOptions, tensor, type VectorOptions, vector } from './flow/inputs.js';
export { maskOf } from './flow/mask-input.js';
export type { Backbone, SymbolicTensors } from './model/network.js';
export type { Composed, WithMask } from './model/transformer/composed.js';
export { transformerEncoder } from './model/transformer/encoder.js';
export { type MaskedMeanOptions, maskedMean } from './model/transformer/masked-mean.js';
export type { TransformerEncoderOptions } from './model/transformer/options.js';
export { type TokenMaskOptions, tokenMask } from './model/transformer/token-mask.js';
export type { Note, NoteCode, Noted, OnNote } from './notes.js';
export type { GivenPathway } from './pathways/assign/given.js';
export type { Granularity, PathwayMethod, PathwaySettings } from './pathways/assign/settings.js';
export type { MeldedParameter } from './pathways/extract/meld.js';
export type { ForgetCurve, ForgetPoint } from './pathways/forget/curve.js';
export type { Interference } from './pathways/merge/interference.js';
export type { Importances, MergeMethodName } from './pathways/merge/options.js';
export type { SelectedAmount, Take } from './pathways/partial/choose.js';
export type { WeightSelection } from './pathways/partial/selection.js';
export type { Pathway } from './pathways/pathway.js';
export type { SearchTry, WeightMaskLayer, WeightMasks } from './pathways/search/result.js';
export type { SearchMethod, SearchSettings } from './pathways/search/settings.js';
export type { PruningSchedule, Regrowth, Rewind } from './pathways/sparsify/options.js';
export type { Sparsest, SparsityTry } from './pathways/sparsify/sparsest-table.js';
export type { Comparison, Similarity, SimilarityMeasure, SimilarityPair } from './pathways/tracker/similarity-table.js';
export type { PartialUnitMaskEpoch, Temperature, UnitMaskEpoch } from './pathways/unit-masks/loop.js';
export type { UnitMaskMetric } from './pathways/unit-masks/measure.js';
export type { LayerOverlap, Overlap, UnitOverlap } from './pathways/unit-masks/overlap.js';
export type { PenaltyKind } from './pathways/unit-masks/penalty.js';
export type { ClassOf } from './pathways/unit-masks/question.js';
export type { UnitMaskLayer, UnitMasks } from './pathways/unit-masks/result.js';
export type { UnitMaskSettings } from './pathways/unit-masks/settings.js';
export type { ComparedShare, DataComparison } from './project/data-report/compare.js';
export type { DataFacts, DescribedPart, DescribedTaskData, LeftOut } from './project/data-report/facts.js';
export type { SuspectedLeak } from './project/data-report/leaks.js';
export type { DataReport } from './project/data-report/report.js';
export type { Callables, NetworkOptions, ProjectOptions } from './project/declared.js';
export type {
  DescribedColumn,
  DescribedInput,
  DescribedTask,
  Description,
  StandardisedColumn,
} from './project/description.js';
export type { Labels, Predictions, RowOf } from './project/inferred.js';
export type { Merging } from './project/merging.js';
export type { CompareOptions } from './project/options/compare.js';
export type { DeltaOptions, ProjectOrFolder } from './project/options/delta.js';
export type { DescribeDataOptions } from './project/options/describe-data.js';
export type { EngineOptions, EngineOptions as EvaluateOptions, NoteOptions } from './project/options/engine.js';
export type { ExplainOptions } from './project/options/explain.js';
export type { ExtractOptions } from './project/options/extract.js';
export type { FindLearningRateOptions } from './project/options/find-learning-rate.js';
export type { CheckpointOptions, ExplainGraphOptions, FitOptions } from './project/options/fit.js';
export type { ForgetOptions, ForgetUntil } from './project/options/forget.js';
export type { InterpretOptions } from './project/options/interpret.js';
export type { MergeOptions } from './project/options/merge.js';
export type { PredictOptions } from './project/options/predict.js';
export type { SelectionCriterion, SelectOptions } from './project/options/select.js';
export type { SparsestOptions } from './project/options/sparsest.js';
export type { TuneOptions } from './project/options/tune.js';
export { readDelta } from './project/pathways/read-delta.js';
export type { ProjectPathways } from './project/pathways/verbs.js';
export type { DeltaParameter, WeightDelta } from './project/pathways/weight-delta.js';
export type { AssignOptions } from './project/verbs/assign.js';
export type { ExtractReport } from './project/verbs/extract-report.js';
export type { Forgetting } from './project/verbs/forget.js';
export type { Extraction, Melding } from './project/verbs/meld.js';
export type { PathwaysReport } from './project/verbs/pathways-report.js';
export type { SearchOptions } from './project/verbs/search.js';
export type { UnitMaskOptions } from './project/verbs/unit-masks.js';
export { Project } from './project.js';
export { normals, permutation, type RandomStreamKey, uniforms } from './random.js';
export { type TensorBoardOptions, tensorBoard } from './report/tensorboard.js';
export type { Thresholds } from './score/scores.js';
export { type BinaryOptions, binary } from './tasks/binary.js';
export { type BoundedRegressionOptions, boundedRegression } from './tasks/bounded-regression.js';
export { type ClassificationOptions, classification } from './tasks/classification.js';
export { type DefinedKind, defineKind, type KindParts } from './tasks/define-kind.js';
export type {
  ConfusionCell,
  ConfusionData,
  ConfusionFold,
  ExplainedValue,
  ExplanationLine,
  HiddenTokens,
  KindScores,
  KindSummary,
  LabelCell,
  Metric,
  MetricFold,
  MetricResult,
  MetricView,
  TaskKind,
  ThresholdSpec,
} from './tasks/kind.js';
export {
  type MaskedLanguageModelKind,
  type MaskedLanguageModelOptions,
  maskedLanguageModel,
} from './tasks/masked-language-model.js';
export { type ConfusionCounts, type CountMetric, countMetrics } from './tasks/metrics/counts.js';
export { collect, meanMetric, metricOf } from './tasks/metrics/fold.js';
export { type MultilabelOptions, multilabel } from './tasks/multilabel.js';
export { type KindReader, kindFromOptions } from './tasks/registry.js';
export { type RegressionOptions, regression } from './tasks/regression.js';
export type { Vocabulary } from './tasks/vocabulary.js';
export { tf } from './tf.js';
export {
  type BalanceProgress,
  type Balancer,
  fixedWeights,
  type LossBalancer,
  type StepBalancer,
} from './train/balance.js';
export { type DynamicWeightAverageOptions, dynamicWeightAverage } from './train/balancers/dynamic-weight-average.js';
export { firstEpochScale } from './train/balancers/first-epoch-scale.js';
export { uncertainty } from './train/balancers/uncertainty.js';
export type {
  EpochRecord,
  History,
  KeptEpoch,
  PartialRecord,
  PathwayStep,
  SkippedSteps,
  Validation,
} from './train/history.js';
export type { MonitoredMetric } from './train/monitor.js';
export { type AdamOptions, adam, adamW } from './train/optimizers/adam.js';
export type { NamePattern, Optimizer, ParameterGroup } from './train/optimizers/optimizer.js';
export { type SgdOptions, sgd } from './train/optimizers/sgd.js';
export type { Shrinkage, Strength } from './train/optimizers/shrinkage.js';
export type { LearningRateCurve } from './train/rate-range/curve.js';
export { type CosineOptions, cosine } from './train/schedules/cosine.js';
export { type OneCycleOptions, oneCycle } from './train/schedules/one-cycle.js';
export { type PlateauOptions, plateau, type RecordReader } from './train/schedules/plateau.js';
export type { Schedule, ScheduleProgress } from './train/schedules/schedule.js';
export { type StepwiseOptions, stepwise } from './train/schedules/stepwise.js';
export { type WarmUpOptions, warmUp } from './train/schedules/warm-up.js';
export type { FitState } from './train/state.js';
export type { ProgressChoice } from './train/watchers/progress.js';
export type { FitControl, FitEvent, Watcher } from './train/watchers/watcher.js';
