/** @file What the passes of this folder read: what the network said of some rows, and the loss of each row. */
import { HeadgateError } from '../errors.js';
import type { FlowTask } from '../flow/flow.js';
import type { TaskKind } from '../tasks/kind.js';

/** Of one task, by instance: one a row, or one for each position of each row. */
export interface TaskScores {
  /** `[instances, units]`, the summary's units of a kind that has one. */
  readonly logits: Float32Array;
  /** `[instances, units]`, in loss units; `kind.decode` leads to label units. */
  readonly activated: Float32Array;
}

/** What the network said: for each task in flow order, by path. */
export interface Scores {
  readonly rows: number;
  readonly tasks: ReadonlyMap<string, TaskScores>;
  /** Unmasked, `[rows, layout.width]`; null or absent where no labels were given. */
  readonly elementLosses?: Float32Array | null;
}

/** By task path, one number for each decision of a task that has thresholds. */
export type Thresholds = ReadonlyMap<string, readonly number[]>;

/** The losses of one task (or overall), for the rows that count. */
export interface RowLosses {
  /** Rows of the dataset, ascending. */
  readonly rows: Int32Array;
  /** `losses[k]` is that of `rows[k]`. */
  readonly losses: Float32Array;
}

/** By task path, in flow order. */
export type SampleLosses = ReadonlyMap<string, RowLosses>;

/** @throws HeadgateError `MISSING_SCORES` when the scores are of another flow */
export function scoresOf(scores: Scores, path: string): TaskScores {
  const found = scores.tasks.get(path);
  if (found) return found;
  throw new HeadgateError({
    code: 'MISSING_SCORES',
    path,
    problem: 'The network said nothing about this task.',
    expected: 'scores of every task of the flow',
    received: [...scores.tasks.keys()].join(', '),
  });
}

/**
 * Empty for a task without thresholds.
 *
 * @throws HeadgateError `MISSING_THRESHOLDS`
 */
export function thresholdsOf({ path, kind }: FlowTask<TaskKind>, thresholds: Thresholds): readonly number[] {
  if (kind.thresholds === null) return [];
  const found = thresholds.get(path);
  if (found) return found;
  throw new HeadgateError({
    code: 'MISSING_THRESHOLDS',
    path,
    problem: 'This task decides by thresholds and none were given.',
    expected: `${kind.thresholds.names.length}, e.g. ${kind.thresholds.initial} each`,
    mend: 'Start from `initialThresholds(flow.tasks)`.',
  });
}

/** The thresholds of a flow that was never tuned: each kind's own. */
export function initialThresholds(tasks: readonly FlowTask<TaskKind>[]): Thresholds {
  const thresholds = new Map<string, readonly number[]>();
  for (const { path, kind } of tasks) {
    const spec = kind.thresholds;
    if (spec) thresholds.set(path, Object.freeze(spec.names.map(() => spec.initial)));
  }
  return thresholds;
}
