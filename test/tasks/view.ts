/** @file Makes metric views for tests. */
import type { MetricView, TaskKind } from '../../src/tasks/kind.js';

export interface ViewParts {
  readonly rows: number;
  readonly activated: readonly number[];
  readonly labels: readonly number[];
  /** Default: every element counts. */
  readonly counted?: readonly number[];
  /** Default: 0.5 each. */
  readonly thresholds?: readonly number[];
}

/** A view over activations, decoded by the kind itself. */
export function viewOf(kind: TaskKind, parts: ViewParts): MetricView {
  const activated = Float32Array.from(parts.activated);
  const thresholds = parts.thresholds ?? (kind.thresholds?.names ?? []).map(() => 0.5);
  return {
    rows: parts.rows,
    logits: activated,
    activated,
    decoded: kind.decode(activated, parts.rows, thresholds),
    labels: Float64Array.from(parts.labels),
    counted: Uint8Array.from(parts.counted ?? parts.labels.map(() => 1)),
  };
}

/** All results of all metrics, by name. */
export function results(kind: TaskKind, view: MetricView): Record<string, number | null> {
  return Object.fromEntries(
    kind.metrics.flatMap((metric) => metric.compute(view)).map(({ name, value }) => [name, value]),
  );
}
