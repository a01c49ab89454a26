/** @file Makes scores and metric views for tests. */
import type { ConfusionData, KindScores, MetricResult, MetricView, TaskKind } from '../../src/tasks/kind.js';

export interface ViewParts {
  readonly rows: number;
  readonly activated: readonly number[];
  readonly labels: readonly number[];
  /** Default: every element counts. */
  readonly counted?: readonly number[];
  /** Default: 0.5 each. */
  readonly thresholds?: readonly number[];
}

/** Scores whose logits are the log odds of the activations: what gives them through a sigmoid. A row for each. */
export function odds(...activated: readonly number[]): KindScores {
  return {
    rows: activated.length,
    logits: Float32Array.from(activated, (p) => Math.log(p / (1 - p))),
    activated: Float32Array.from(activated),
  };
}

/** A view over activations, decoded by the kind itself. */
export function viewOf(kind: TaskKind, parts: ViewParts): MetricView {
  // ln p gives p through a softmax
  const logits =
    kind.kind === 'classification' ? Float32Array.from(parts.activated, Math.log) : odds(...parts.activated).logits;
  return viewOfLogits(kind, { ...parts, logits });
}

/** A view over logits, whose activations are given. */
export function viewOfLogits(kind: TaskKind, parts: ViewParts & { readonly logits: Float32Array }): MetricView {
  const thresholds = parts.thresholds ?? (kind.thresholds?.names ?? []).map(() => 0.5);
  const scores = { rows: parts.rows, logits: parts.logits, activated: Float32Array.from(parts.activated) };
  return {
    ...scores,
    decoded: kind.decode(scores, thresholds),
    labels: Float64Array.from(parts.labels),
    counted: Uint8Array.from(parts.counted ?? parts.labels.map(() => 1)),
  };
}

/** The same rows in chunks of at most `size`. */
export function chunks(kind: TaskKind, view: MetricView, size: number): MetricView[] {
  const found: MetricView[] = [];
  for (let start = 0; start < view.rows; start += size) {
    const end = Math.min(view.rows, start + size);
    const scores = [start * kind.units, end * kind.units] as const;
    const elements = [start * kind.width, end * kind.width] as const;
    found.push({
      rows: end - start,
      logits: view.logits.slice(...scores),
      activated: view.activated.slice(...scores),
      decoded: view.decoded.slice(...elements),
      labels: view.labels.slice(...elements),
      counted: view.counted.slice(...elements),
    });
  }
  return found;
}

/** All results of all metrics, in order. */
export function allResults(kind: TaskKind, views: readonly MetricView[]): readonly MetricResult[] {
  return kind.metrics.flatMap((metric) => {
    const fold = metric.start();
    for (const view of views) fold.add(view);
    return fold.results();
  });
}

/** Their values, by name. */
export function results(kind: TaskKind, ...views: readonly MetricView[]): Record<string, number | null> {
  return Object.fromEntries(allResults(kind, views).map(({ name, value }) => [name, value]));
}

/** `[true][predicted]` of each of a kind's confusion tables. */
export function confusionCounts(kind: TaskKind, ...views: readonly MetricView[]): number[][][] {
  const fold = kind.confusion?.();
  for (const view of views) fold?.add(view);
  return (fold?.result() ?? []).map(({ classes, cells }: ConfusionData) => {
    const counts = classes.map(() => classes.map(() => 0));
    for (const { actual, predicted, count } of cells) (counts[actual] as number[])[predicted] = count;
    return counts;
  });
}
