/** @file The TaskKind interface: a kind of task answers for itself, so that no pass switches on a kind's name. */
import type { Predicates, TaskDeclaration } from '../flow/declaration.js';
import type { Json } from '../flow/graph.js';
import type { tf } from '../tf.js';

/** Where `encode` writes one label: `values[offset..offset+width)` and, for each element, whether it is present. */
export interface LabelCell {
  readonly values: Float64Array;
  /** 1 present, 0 missing; starts at 0. */
  readonly present: Uint8Array;
  readonly offset: number;
}

/** Thresholds of a kind that has them: one per decision. */
export interface ThresholdSpec {
  /** Names of the decisions: `['threshold']` for a binary task, the class names for a multilabel. */
  readonly names: readonly string[];
  readonly initial: number;
  /**
   * The float64 probability behind one decision's logit, which `decode` compares with the threshold: float32
   * activations are equal where they saturate, so tuning on them could not tell scores apart. Absent: tuning compares
   * the activations, and so must `decode`.
   */
  readonly probability?: (logit: number) => number;
}

/** What the labels of a task that count are like, in label units. */
export interface LabelStatistics {
  /** By element of the label, `[width]`. */
  readonly elements: readonly ElementStatistics[];
  /** How often each class counts, for a kind whose label is the index of a class; else null. */
  readonly classes: readonly number[] | null;
}

/** Without any label `count` is 0, and so is the rest. */
export interface ElementStatistics {
  readonly count: number;
  readonly mean: number;
  /** Root of the mean squared distance from the mean. */
  readonly deviation: number;
}

/** What a kind takes from the labels of its first fit. */
export interface LabelLearning<Kind> {
  /** Plain data, which is saved with the model. */
  readonly learn: (labels: LabelStatistics) => Json;
  /**
   * The kind with what was learnt in place of what was open.
   *
   * @throws HeadgateError `INVALID_MODEL_FILE` for what `learn` never gives
   */
  readonly filled: (learnt: Json) => Kind;
}

/**
 * What the network said of some rows for one task, row-major; of a kind with a summary `units` are the summary's. Never
 * written to later: who reads it may keep it.
 */
export interface KindScores {
  readonly rows: number;
  /** `[rows, units]`. Whatever ranks scores reads these: they do not saturate. */
  readonly logits: Float32Array;
  /** `[rows, units]`, after the activation. */
  readonly activated: Float32Array;
}

/**
 * What of a kind leaves the engine in place of its logits, where there are too many of them: of a vocabulary the best piece
 * and its probability are what anybody reads.
 */
export interface KindSummary {
  /** Numbers for each row. */
  readonly units: number;
  /** logits `[..., kind.units]` -> `[..., units]`: what stands for the logits. */
  readonly of: (logits: tf.Tensor) => tf.Tensor;
  /** `[..., units]` as `of` gave them -> `[..., units]`: what stands for the activations. */
  readonly activate: (summary: tf.Tensor) => tf.Tensor;
}

/**
 * For a kind whose labels are the tokens of an input: some of them are hidden from the network, which is to say what they
 * were (see `data/hiding`).
 */
export interface HiddenTokens {
  /** Of the vocabulary that the input must have: see `vocabularyFingerprint`. */
  readonly vocabulary: string;
  /** Pieces of the vocabulary. */
  readonly size: number;
  /** Ids that are never hidden, and never put in another's place: padding, unknown, and the like. */
  readonly special: readonly number[];
  /** Id of the piece that says "hidden". */
  readonly mask: number;
  /** Share of a row's tokens that are hidden. */
  readonly rate: number;
}

/**
 * Everything a metric may read: rows that count, row-major. All arrays cover the same rows. Of a task along an axis each
 * position that counts is a row.
 */
export interface MetricView extends KindScores {
  /** `[rows, width]`, encoded predictions, in label units. */
  readonly decoded: Float64Array;
  /** `[rows, width]`, encoded labels; 0 where missing. */
  readonly labels: Float64Array;
  /** `[rows, width]`, 1 where the label element counts. Every row has at least one. */
  readonly counted: Uint8Array;
  /** `[rows, width]`, the loss of each label element; absent where only scores are known. */
  readonly losses?: Float32Array | undefined;
}

/** A named number; null where it is not defined (no rows, a single class for ROC-AUC), never NaN. */
export interface MetricResult {
  readonly name: string;
  readonly value: number | null;
  /** Rows that the value rests on, where they may be fewer than the view's: one class of a partly labelled multilabel. */
  readonly rows?: number;
  /** The class it is about, for one of many results of a kind: tables show these on demand where there are many. */
  readonly class?: string;
  /** What a reader should know, such as why there is no value. */
  readonly note?: string;
}

/** A metric at work: rows come in chunks of any size, and the results do not depend on where they were cut. */
export interface MetricFold {
  readonly add: (view: MetricView) => void;
  /** Of all rows added; the same names, in the same order, also when there were none. */
  readonly results: () => readonly MetricResult[];
}

/** `metricOf` and `meanMetric` make simple ones. */
export interface Metric {
  /** E.g. `accuracy`, or what its results have in common, e.g. `ranking`. */
  readonly name: string;
  readonly direction: 'maximise' | 'minimise';
  readonly start: () => MetricFold;
}

/** How often one class was taken for another (or for itself), by index. */
export interface ConfusionCell {
  readonly actual: number;
  readonly predicted: number;
  readonly count: number;
}

/** What was taken for what. Only pairs that occurred are there: classes squared would be too many. */
export interface ConfusionData {
  /** The decision it is about, for a kind with several (a class of a multilabel); else null. */
  readonly name: string | null;
  readonly classes: readonly string[];
  readonly cells: readonly ConfusionCell[];
}

export interface ConfusionFold {
  readonly add: (view: MetricView) => void;
  readonly result: () => readonly ConfusionData[];
}

/** A line of a tree explanation. `children` are printed below it (the classes of a multilabel, the top ranks). */
export interface ExplanationLine {
  readonly text: string;
  readonly children?: readonly string[];
}

/** One row of one task. */
export interface ExplainedValue {
  readonly logits: Float32Array;
  readonly activated: Float32Array;
  readonly decoded: Float64Array;
}

/**
 * A kind of task with its options applied, e.g. `binary()`. Pure and frozen; thresholds and weights live elsewhere.
 * Shapes below leave out leading axes: a kind works elementwise over whatever leading axes it is given
 * (`[batch]`, or `[batch, tasks]` when sibling heads run as one).
 */
export interface TaskKind<Value = unknown, P extends Predicates = Predicates, Probability = unknown>
  extends TaskDeclaration<Value, P, Probability> {
  /** Logits per row. */
  readonly units: number;
  /** Absent: the logits themselves leave the engine. `decode`, `probability` and `explain` read what leaves it. */
  readonly summary?: KindSummary;
  /** For a kind whose labels are hidden tokens of an input. Absent: labels are a column's. */
  readonly hides?: HiddenTokens;
  /** Weight of the task in the total loss. */
  readonly weight: number;
  /**
   * Tasks with equal keys compute their loss in one call over `[batch, tasks, units]`. It must cover every option that
   * `loss` and `activate` depend on. Null: the task is always called alone with `[batch, units]`. (Along an axis the batch
   * is of all positions of all rows: a kind never sees the axis.)
   */
  readonly lossKey: string | null;
  /**
   * Names of the options that only training and tuning read (loss, weights, thresholds to begin with): saved weights are
   * good for a task that differs in them alone. Default: none.
   */
  readonly trainingOptions?: readonly string[];
  /**
   * Affine map from label units to the units of the loss: target = (label - offset) * scale. Absent: identity.
   * It is not part of `lossKey`.
   */
  readonly target?: { readonly offset: number; readonly scale: number };
  /**
   * Where something of the kind is open until labels are seen: the mean and deviation of a regression, balanced weights.
   * `units`, `width`, `lossKey` and how labels are encoded may not depend on it. Absent: nothing is.
   */
  readonly learning?: LabelLearning<TaskKind<Value, P, Probability>>;
  /**
   * The logits that say of every row what the labels say as a whole (the log-odds of the base rate, the mean): a head's
   * biases begin there. Absent: zeros.
   */
  readonly prior?: (labels: LabelStatistics) => readonly number[];
  /** Of its decisions; null for a kind that decides without. */
  readonly thresholds: ThresholdSpec | null;
  /** In the order in which tables show them. */
  readonly metrics: readonly Metric[];
  /**
   * Names of the classes, for a kind that has some: an encoded label is the index of one (`width` 1), or has an element
   * for each.
   */
  readonly classes?: readonly string[];
  /** For kinds that decide between classes. */
  readonly confusion?: () => ConfusionFold;

  /**
   * Writes one label. `null`, `undefined` and NaN are missing. Equal labels are equal cells: in a column of numbers, one that
   * was written is copied.
   *
   * @throws HeadgateError `INVALID_LABEL`, `UNKNOWN_CLASS`, `LABEL_OUT_OF_RANGE`, at the path that `where` gives
   */
  readonly encode: (label: unknown, cell: LabelCell, where: () => string) => void;
  /** Elementwise loss. logits `[..., units]`, targets `[..., width]` in loss units, 0 where missing -> `[..., width]`. */
  readonly loss: (logits: tf.Tensor, targets: tf.Tensor) => tf.Tensor;
  /** logits `[..., units]` -> `[..., units]`: probabilities, or values in loss units. */
  readonly activate: (logits: tf.Tensor) => tf.Tensor;
  /** Scores -> encoded `[rows, width]`, row-major, in label units. */
  readonly decode: (scores: KindScores, thresholds: readonly number[]) => Float64Array;
  /** One decoded row as the user sees it. */
  readonly value: (decoded: Float64Array, offset: number) => Value;
  /** One row's probabilities, e.g. `0.93` or `{ red: 0.1, blue: 0.9 }`; null for a kind that has none. */
  readonly probability: (activated: Float32Array, offset: number) => Probability;
  /** One row's line in a tree; `name` is the task's. */
  readonly explain: (name: string, row: ExplainedValue) => ExplanationLine;
}

/** Numbers that leave the engine for each row, as logits and again as activations. */
export function scoredUnits({ summary, units }: Pick<TaskKind, 'summary' | 'units'>): number {
  return summary?.units ?? units; // without a summary, all of them
}
