/** @file A table bound to a flow: inputs, labels, targets and masks of all rows, ready to be batched. */
import { applies } from '../flow/truth.js';
import type { Layout } from '../tasks/layout.js';
import type { Dataset } from './dataset.js';
import { bindInputs, inputColumns } from './inputs.js';
import { bindLabels, targetsOf } from './labels.js';
import { asTable, type TableLike } from './table.js';

/** A dataset, with sentences about what looks like a slip in the table, for the user to read. */
export interface BoundDataset extends Dataset {
  readonly notes: readonly string[];
}

/**
 * Encodes a table for a flow. Mask (rule 2): a label element counts where it is present and its task's full condition
 * is true on ground truth.
 *
 * @throws HeadgateError `EMPTY_DATASET`, `UNKNOWN_COLUMN`, `WRONG_SHAPE`, `INVALID_INPUT`, `NO_LABELS`,
 * `INVALID_LABEL`, `UNKNOWN_CLASS`, `LABEL_OUT_OF_RANGE`
 */
export function bindTable(data: TableLike, layout: Layout): BoundDataset {
  const { flow } = layout;
  const table = asTable(data);
  const { rows, inputs, notes } = bindInputs(table, flow.graph.inputs);
  const { labels, notes: labelNotes } = bindLabels(table, layout, inputColumns(flow.graph.inputs));
  const taskApplies = applies(flow, { ...labels, offsetOf: (path) => layout.slot(path).offset });
  const mask = maskOf(labels.present, taskApplies, rows, layout);
  return {
    rows,
    layout,
    inputs,
    labels,
    targets: targetsOf(labels, mask, layout),
    mask,
    applies: taskApplies,
    ids: Uint32Array.from({ length: rows }, (_, row) => row),
    notes: [...notes, ...labelNotes],
  };
}

function maskOf(present: Uint8Array, taskApplies: Uint8Array, rows: number, layout: Layout): Uint8Array {
  const mask = new Uint8Array(present.length);
  const tasks = layout.slots.length;
  for (const { index, offset, width } of layout.slots) {
    for (let row = 0; row < rows; row++) {
      if (taskApplies[row * tasks + index] === 0) continue;
      const start = row * layout.width + offset;
      for (let i = start; i < start + width; i++) mask[i] = present[i] as number;
    }
  }
  return mask;
}
