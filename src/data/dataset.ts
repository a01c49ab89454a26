/** @file A table bound to a flow: encoded inputs, labels and masks, ready to be batched. */
import type { BatchTensors } from '../engine/engine.js';
import type { Layout } from '../tasks/layout.js';
import type { Extents, Positions } from './ragged/extents.js';

/** Encoded labels of all tasks, row-major `[rows, layout.width]`, in label units; missing elements are 0. */
export interface LabelMatrix {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
  /** 1 where the element's label is present. */
  readonly present: Uint8Array;
}

/** One input, row-major `[rows, ...shape]`. Values are raw, bytes stay bytes: they are scaled inside the step. */
export interface InputMatrix {
  readonly shape: readonly number[];
  readonly values: InputValues;
  /** Of rows that were padded to the shape: how far each reached. */
  readonly extents?: Extents;
}

export type InputValues = Float32Array | Int32Array | Uint8Array;

/** What is known of some rows: all that evaluation reads. */
export interface Truth {
  readonly rows: number;
  readonly layout: Layout;
  readonly labels: LabelMatrix;
  /** Rule 2: `[rows, layout.width]`, 1 where the label element is present AND the task's full condition is true. */
  readonly mask: Uint8Array;
  /** `[rows, layout.answers]` in flow order, 1 where the task's full condition is true on ground truth. */
  readonly applies: Uint8Array;
  /** Where tasks along the axes of a ragged input have a position; absent or null where all rows have all of them. */
  readonly positions?: Positions | null;
  /** Of each row: its number in the source that it first came from, counted from 0. It survives filter, split and shuffle. */
  readonly ids: Uint32Array;
}

/** What the network reads of some rows. */
export interface Inputs {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, InputMatrix>>;
}

export interface Dataset extends Truth, Inputs {
  /** Of each row, where rows differ: how much its labels count, above 0; absent: each as one. */
  readonly weights?: Float32Array;
}

/** What one step reads. `rows` real rows come first; the rest, up to `size`, are padding with an all-zero mask. */
export interface Batch {
  readonly rows: number;
  readonly size: number;
  /** By port (`ports.ts`). */
  readonly tensors: BatchTensors;
}
