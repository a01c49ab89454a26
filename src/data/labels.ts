/** @file Columns become the label matrix: each kind encodes its own column, and nothing missing is ever a number. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout, TaskSlot } from '../tasks/layout.js';
import type { Column } from './column.js';
import type { LabelMatrix } from './dataset.js';
import type { Table } from './table.js';

export interface BoundLabels {
  readonly labels: LabelMatrix;
  /** Sentences about what looks like a slip, for the user to read. */
  readonly notes: readonly string[];
}

/**
 * Encodes the labels of all tasks. A task's column is named by its full path, else by its name; without such a column
 * all its labels are missing.
 *
 * @param taken Columns that are inputs: not offered as near names.
 * @throws HeadgateError `NO_LABELS` when no task has a column, and what the kinds' `encode` throws, with
 * `rows[12].door.open` as the path.
 */
export function bindLabels(table: Table, layout: Layout, taken: ReadonlySet<string>): BoundLabels {
  const columns = new Map(layout.slots.map((slot) => [slot, labelColumn(table, slot)]));
  const used = new Set([...taken, ...[...columns.values()].flatMap((name) => name ?? [])]);
  const unused = table.columnNames.filter((name) => !used.has(name));
  if (layout.slots.every((slot) => columns.get(slot) === undefined)) throw noLabels(layout, unused);

  const length = table.rows * layout.width;
  const values = new Float64Array(length);
  const present = new Uint8Array(length);
  const notes: string[] = [];
  for (const [slot, name] of columns) {
    if (name === undefined) {
      notes.push(absentNote(slot, unused));
      continue;
    }
    const column = table.column(name);
    encodeColumn(column, name, slot, { rows: table.rows, width: layout.width, values, present });
    if (!column.present.includes(1)) notes.push(emptyNote(slot, name));
  }
  return { labels: { rows: table.rows, width: layout.width, values, present }, notes };
}

/**
 * Labels in loss units, `[rows, width]`, and 0 wherever the mask is 0: a label that does not count never reaches a
 * kernel, where an enormous one could overflow to infinity, and infinity times 0 is NaN.
 */
export function targetsOf(labels: LabelMatrix, mask: Uint8Array, layout: Layout): Float32Array {
  const targets = new Float32Array(labels.values.length);
  for (const { task, offset, width } of layout.slots) {
    const { target = { offset: 0, scale: 1 } } = task.kind;
    for (let row = 0; row < labels.rows; row++) {
      const start = row * labels.width + offset;
      for (let i = start; i < start + width; i++) {
        if (mask[i] === 1) targets[i] = ((labels.values[i] as number) - target.offset) * target.scale;
      }
    }
  }
  return targets;
}

function labelColumn(table: Table, { task }: TaskSlot): string | undefined {
  return [task.path, task.name].find((name) => table.has(name));
}

function encodeColumn(column: Column, name: string, slot: TaskSlot, labels: LabelMatrix): void {
  const { kind } = slot.task;
  const { values, present } = labels;
  const cell = { values, present, offset: 0 };
  let row = 0;
  const where = () => `rows[${row}].${name}`;
  for (; row < labels.rows; row++) {
    if (column.present[row] === 0) continue;
    cell.offset = row * labels.width + slot.offset;
    kind.encode(column.value(row), cell, where);
    for (let i = cell.offset; i < cell.offset + slot.width; i++) {
      if (present[i] === 0) values[i] = 0;
      else if (!Number.isFinite(values[i])) throw notEncoded(kind, where(), column.value(row));
    }
  }
}

/** Rule 3, held against kinds from outside too: no NaN and no infinity gets past here. */
function notEncoded(kind: TaskKind, path: string, label: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LABEL',
    path,
    problem: `The task kind "${kind.kind}" encoded this label as a number that is not finite.`,
    expected: 'a finite number, or null where the label is missing',
    received: show(label),
  });
}

function absentNote({ task }: TaskSlot, unused: readonly string[]): string {
  const near = didYouMean(task.path, unused) ?? didYouMean(task.name, unused);
  const names = task.path === task.name ? `"${task.path}"` : `"${task.path}" or "${task.name}"`;
  const question = near === undefined ? '' : `; did you mean "${near}"?`;
  return `The task "${task.path}" has no labels: there is no column ${names}${question}`;
}

function emptyNote({ task }: TaskSlot, name: string): string {
  return `The task "${task.path}" has no labels: every value of the column "${name}" is missing`;
}

function noLabels(layout: Layout, unused: readonly string[]): HeadgateError {
  const wanted = layout.slots.map(({ task }) => task.path);
  const near = layout.slots.flatMap(({ task }) => didYouMean(task.path, unused) ?? didYouMean(task.name, unused) ?? []);
  return new HeadgateError({
    code: 'NO_LABELS',
    path: 'data',
    problem: 'No column holds labels of any task.',
    expected: `columns named after tasks: ${show(wanted)}`,
    received: unused.length === 0 ? 'only the inputs' : `besides the inputs: ${show(unused)}`,
    suggestion: near[0],
    mend: 'Rename the columns: table.rename({ old: "new" }).',
  });
}
