/** @file The FlowGraph: what a project declares, as immutable JSON. Every later pass reads this and nothing else. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An input of the network. `shape` is without the batch axis: `[height, width, channels]`, `[size]`. */
export interface InputSpec {
  readonly kind: string;
  readonly shape: readonly number[];
  /** Raw values are multiplied by this on their way into the network (1/255 for 8-bit images). */
  readonly scale: number;
  /** Of an image: what is taken off each channel after that, and what it is divided by then; absent: neither. */
  readonly normalise?: ChannelStatistics;
  /** For inputs gathered from several columns: their names, in order. Null: the column named as the input. */
  readonly columns: readonly string[] | null;
  /** How the cells of each of these columns become numbers; absent where they are numbers already. */
  readonly columnKinds?: readonly ColumnKindSpec[];
  /** What the network reads; default float32. */
  readonly dtype?: InputType;
  /** Names of the axes of `shape`, for tasks that answer along one; null for those without a name: `['token', null]`. */
  readonly axes?: readonly (string | null)[];
  /** For each axis of `shape`, whether a row's lists may be shorter along it; absent where all rows have the whole shape. */
  readonly ragged?: readonly boolean[];
  /** What stands in a ragged input where a row has nothing; default 0. */
  readonly padding?: number;
  /** Of a mask: the input whose positions it tells; it has no column of its own. */
  readonly of?: string;
  /** Makes numbers of raw values. It takes the place of `scale` once its state was learnt from training rows. */
  readonly encoder?: EncoderSpec;
}

/** In units of the scaled values, one for each channel. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** A kind of column with its options, by name (see `ColumnKind`). */
export interface ColumnKindSpec {
  readonly kind: string;
  readonly options: Json;
}

export type InputType = 'float32' | 'int32' | 'uint8';

export interface EncoderSpec {
  readonly kind: string;
  /** Null until a fit has learnt it. */
  readonly state: Json;
}

/** An input with the columns that it is read from, for the compiler: their names, or null for the one of its own name. */
export interface InputSpecOf<Columns extends string | null> extends InputSpec {
  /** Never set. */
  readonly __columns?: Columns;
}

/** A column of a kind: an input by itself, or one of `columns`. With what its cells may be, for the compiler. */
export interface ColumnSpecOf<Cell> extends InputSpecOf<null> {
  readonly columnKinds: readonly ColumnKindSpec[];
  /** Never set. */
  readonly __cell?: Cell;
}

/** An input of several columns, with what the cells of each may be, for the compiler. */
export interface ColumnsSpecOf<Cells> extends InputSpecOf<keyof Cells & string> {
  readonly columnKinds: readonly ColumnKindSpec[];
  /** Never set. */
  readonly __cells?: Cells;
}

/** A question about one task's value: `shirt.is('red')` is `{ path: 'shirt', predicate: 'is', args: ['red'] }`. */
export interface PredicateNode {
  readonly type: 'predicate';
  readonly path: string;
  readonly predicate: string;
  readonly args: readonly Json[];
}
export interface NotNode {
  readonly type: 'not';
  readonly of: ConditionNode;
}
export interface AndNode {
  readonly type: 'and';
  readonly of: readonly ConditionNode[];
}
export interface OrNode {
  readonly type: 'or';
  readonly of: readonly ConditionNode[];
}
export type ConditionNode = PredicateNode | NotNode | AndNode | OrNode;

/** Whether a label counts on a row where its condition may hold and missing labels leave that open. */
export type WhenUnknown = 'exclude' | 'include';

/** A leaf. `condition` is what was written on this node; the conditions of enclosing flows come on top. */
export interface TaskNode {
  readonly type: 'task';
  readonly name: string;
  /** `flow.subflow.task`; the root flow's own name is not in it. */
  readonly path: string;
  readonly kind: string;
  readonly options: Json;
  /** Name of the backbone feature that the head reads. */
  readonly feature: string;
  readonly condition: ConditionNode | null;
  /** Of `condition`; absent for `exclude`. */
  readonly whenUnknown?: WhenUnknown;
  /** Named axis of an input along which the task answers, or several in their order; absent for one answer a row. */
  readonly axis?: string | readonly string[];
  /** Name of its pathway through the backbone; absent for that of the flow around it. */
  readonly pathway?: string;
}

/** A nested flow (or the root, whose path is empty). Its condition means every leaf below it. */
export interface FlowNode {
  readonly type: 'flow';
  readonly name: string;
  readonly path: string;
  readonly condition: ConditionNode | null;
  /** Of `condition`; absent for `exclude`. */
  readonly whenUnknown?: WhenUnknown;
  /** Name of the pathway of every leaf below that names none; absent for that of the flow around it. */
  readonly pathway?: string;
  readonly members: readonly (TaskNode | FlowNode)[];
}

export interface FlowGraph {
  readonly format: 'headgate-flow';
  readonly version: 1;
  /** The project's name. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** How `fit` finds the tasks' pathways; absent where all tasks see the whole backbone. */
  readonly pathways?: Json;
  readonly root: FlowNode;
}
