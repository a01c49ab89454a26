/** @file A table bound to a flow: inputs, labels and masks, ready to be batched; whole, or one chunk of rows after another. */
import { applies, isUngated } from '../flow/truth.js';
import type { Note, Noted } from '../notes.js';
import type { Layout } from '../tasks/layout.js';
import type { Dataset, InputMatrix, LabelMatrix, Truth } from './dataset.js';
import { writeTokenLabels } from './hiding/hide.js';
import { createInputBinder, inputColumns } from './inputs.js';
import { createLabelBinder } from './labels.js';
import type { Positions } from './ragged/extents.js';
import { boundPositions, thereOf } from './ragged/positions.js';
import { type RowPath, sourcePath, tablePath } from './row-path.js';
import { rowWeights } from './row-weights.js';
import { asTable, type Table, type TableLike } from './table.js';

/** A dataset, with notes about what looks like a slip in the table. */
export interface BoundDataset extends Dataset, Noted {}

/**
 * Encodes a table for a flow. Mask (rule 2): a label element counts where it is present and its task's full condition
 * is true on ground truth.
 *
 * @throws HeadgateError `EMPTY_DATASET`, `UNKNOWN_COLUMN`, `WRONG_SHAPE`, `INVALID_INPUT`, `NO_LABELS`,
 * `INVALID_LABEL`, `UNKNOWN_CLASS`, `LABEL_OUT_OF_RANGE`
 */
export function bindTable(
  data: TableLike,
  layout: Layout,
  only: OnlyTasks = null,
  weightColumn: string | null = null,
): BoundDataset {
  const table = asTable(data);
  const binder = createBinder(layout, only, weightColumn);
  const dataset = binder.bindChunk(table, table.ids, tablePath(table.ids));
  return { ...dataset, notes: [...table.notes, ...binder.notes()] };
}

/** Binds chunks of a source. A chunk's dataset depends on its own rows alone. */
export interface Binder {
  /**
   * @param ids of the chunk's rows in their source
   * @param path of a row, for errors; by default it names rows by their ids
   */
  readonly bindChunk: (chunk: Table, ids: Uint32Array, path?: RowPath) => Dataset;
  /**
   * What looks like a slip in all rows so far.
   *
   * @throws HeadgateError `NO_LABELS` when no chunk had a label column, `UNKNOWN_COLUMN` when none had one of the inputs'
   */
  readonly notes: () => readonly Note[];
}

/** Indices in flow order of the tasks whose labels count, where not those of all. Conditions read the labels of any. */
export type OnlyTasks = ReadonlySet<number> | null;

/**
 * A binder of chunks; it throws what `bindTable` throws, `NO_LABELS` at `notes()`.
 *
 * @param weightColumn says how much each row counts; rows of weight 0 do not. Null: all count alike
 */
export function createBinder(layout: Layout, only: OnlyTasks = null, weightColumn: string | null = null): Binder {
  const { flow } = layout;
  const inputBinder = createInputBinder(flow.graph.inputs, true);
  const labelBinder = createLabelBinder(layout, inputColumns(flow.graph.inputs));
  return {
    bindChunk: (chunk, ids, path = sourcePath(ids)) => {
      const inputs = inputBinder.bind(chunk, path);
      const positions = boundPositions(layout, chunk.rows, inputs);
      const labels = labelBinder.bind(chunk, path, positions);
      writeTokenLabels(layout, (name) => (inputs[name] as InputMatrix).values, labels); // every input was bound
      const truth = truthOf(labels, layout, ids, { only, positions });
      if (weightColumn === null) return { inputs, ...truth };
      const { rows, mask } = truth;
      const weights = rowWeights(chunk, weightColumn, path);
      for (let row = 0; row < rows; row++) {
        if (weights[row] === 0) mask.fill(0, row * layout.width, (row + 1) * layout.width);
      }
      return { inputs, ...truth, weights };
    },
    notes: () => [...inputBinder.notes(), ...labelBinder.notes()],
  };
}

/**
 * What labels say of their rows.
 *
 * @param positions of the tasks that some of these rows lack; null where all rows have all of them
 */
export function truthOf(
  labels: LabelMatrix,
  layout: Layout,
  ids: Uint32Array,
  { only = null, positions = null }: { readonly only?: OnlyTasks; readonly positions?: Positions | null } = {},
): Truth {
  const { rows } = labels;
  const offsetOf = (task: string): number => layout.slot(task).offset;
  const taskApplies = applies(layout.flow, { ...labels, offsetOf, thereOf: thereOf(positions) });
  const mask = maskOf(labels.present, taskApplies, rows, { layout, only });
  return { rows, layout, labels, mask, applies: taskApplies, positions, ids };
}

function maskOf(
  present: Uint8Array,
  taskApplies: Uint8Array,
  rows: number,
  { layout, only }: { readonly layout: Layout; readonly only: OnlyTasks },
): Uint8Array {
  if (only === null && isUngated(layout.flow)) return present.slice();
  const mask = new Uint8Array(present.length);
  for (const { index, answer, offset, width, positions } of layout.slots) {
    if (only !== null && !only.has(index)) continue;
    for (let row = 0; row < rows; row++) {
      const answers = row * layout.answers + answer;
      const first = row * layout.width + offset;
      for (let position = 0; position < positions; position++) {
        if (taskApplies[answers + position] === 0) continue;
        const start = first + position * width;
        for (let i = start; i < start + width; i++) mask[i] = present[i] as number;
      }
    }
  }
  return mask;
}
