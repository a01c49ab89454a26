/** @file A flow ready to be walked: the graph's leaves with their kinds and full conditions. Passes start here. */
import type { TaskDeclaration } from './declaration.js';
import type { ConditionNode, FlowGraph, TaskNode, WhenUnknown } from './graph.js';

/** One `given` on the way to a leaf. */
export interface Gate {
  readonly condition: ConditionNode;
  readonly whenUnknown: WhenUnknown;
}

/** A leaf with what the passes ask of it. */
export interface FlowTask<D extends TaskDeclaration = TaskDeclaration> {
  readonly path: string;
  readonly name: string;
  /** Backbone feature that the head reads. */
  readonly feature: string;
  readonly kind: D;
  /** The axes along which it answers, as messages name them: `token`, `sentence × token`; null for one answer a row. */
  readonly axis: string | null;
  /** Names of these axes of an input, in its order, and their lengths; none for one answer a row. */
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  /** Answers a row: the product of the lengths; 1 without an axis. */
  readonly positions: number;
  /** Its own condition AND those of every flow around it; null when it always applies. */
  readonly condition: ConditionNode | null;
  /** The parts of `condition`, the outermost flow's first, each with its choice of which rows count where it is unknown. */
  readonly gates: readonly Gate[];
  /** Name of the pathway that it or a flow around it declares; null where none does. */
  readonly pathway: string | null;
  readonly node: TaskNode;
}

/** An immutable graph with its kinds. */
export interface Flow<D extends TaskDeclaration = TaskDeclaration> {
  readonly graph: FlowGraph;
  /** Leaves in flow order: the order of every table, history and explanation. */
  readonly tasks: readonly FlowTask<D>[];
  /** The same leaves, each after every task that its condition asks about. */
  readonly evaluationOrder: readonly FlowTask<D>[];
  /** @throws HeadgateError `UNKNOWN_TASK` with a suggestion */
  readonly task: (path: string) => FlowTask<D>;
}
