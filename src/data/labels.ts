/** @file Columns become the label matrix: each kind encodes its own column, and nothing missing is ever a number. */
import { didYouMean, HeadgateError, refusalOf, show } from '../errors.js';
import { type Note, type Noted, note } from '../notes.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout, TaskSlot } from '../tasks/layout.js';
import { type Column, type Strided, stridedOf } from './column.js';
import type { LabelMatrix } from './dataset.js';
import { isHiding } from './hiding/hidden-inputs.js';
import { encodeAlong, labelsAlong } from './labels-along.js';
import type { Extents, Positions } from './ragged/extents.js';
import { positionText } from './ragged/nested.js';
import { type RowPath, tablePath } from './row-path.js';
import type { Table } from './table.js';

export interface BoundLabels extends Noted {
  readonly labels: LabelMatrix;
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
  const binder = createLabelBinder(layout, taken);
  const labels = binder.bind(table, tablePath(table.ids));
  return { labels, notes: binder.notes() };
}

/** Binds one chunk of rows after another; a chunk's labels depend on its own rows alone. */
export interface LabelBinder {
  /** @param positions of the tasks that some of these rows lack */
  readonly bind: (table: Table, path: RowPath, positions?: Positions | null) => LabelMatrix;
  /** What looks like a slip in all rows so far. Throws `NO_LABELS`. */
  readonly notes: () => readonly Note[];
}

export function createLabelBinder(layout: Layout, taken: ReadonlySet<string>): LabelBinder {
  /** The others' labels are tokens of an input. */
  const slots = layout.slots.filter((slot) => !isHiding(slot));
  /** By slot: the column found so far, and whether it held a label. */
  const found = new Map<TaskSlot, { readonly name: string; readonly filled: boolean }>();
  const columnNames = new Set<string>();
  return {
    bind: (table, path, positions = null) => {
      const length = table.rows * layout.width;
      const values = new Float64Array(length);
      const present = new Uint8Array(length);
      for (const name of table.columnNames) columnNames.add(name);
      for (const slot of slots) {
        const name = labelColumn(table, slot);
        if (name === undefined) continue;
        const column = table.column(name);
        const extents = positions?.(slot.task.path)?.extents ?? null;
        encodeColumn(column, name, slot, { rows: table.rows, width: layout.width, values, present }, { path, extents });
        const filled = found.get(slot)?.filled === true || hasValue(column);
        found.set(slot, { name, filled });
      }
      return { rows: table.rows, width: layout.width, values, present };
    },
    notes: () => {
      const used = new Set([...taken, ...[...found.values()].map(({ name }) => name)]);
      const unused = [...columnNames].filter((name) => !used.has(name));
      if (found.size === 0 && slots.length === layout.slots.length) throw noLabels(layout, unused);
      return slots.flatMap((slot) => {
        const own = found.get(slot);
        if (own === undefined) return absentNote(slot, unused);
        return own.filled ? [] : emptyNote(slot, own.name);
      });
    },
  };
}

/** The column that holds a task's labels: of its full path, else of its name. */
export function labelColumn(table: Table, { task }: TaskSlot): string | undefined {
  return [task.path, task.name].find((name) => table.has(name));
}

/** Hears of a label that cannot be read, and of its row; it then counts as missing. */
export type OnRefused = (error: HeadgateError, row: number) => void;

/** How labels are read: where errors place them, and who hears of those that cannot be; without anybody, they are thrown. */
interface LabelReading {
  readonly path: RowPath;
  /** How far each row reaches along the axes of the task; null where all of them have all positions. */
  readonly extents?: Extents | null;
  readonly onRefused?: OnRefused;
}

function hasValue(column: Column): boolean {
  if (column.type !== 'number' || column.strided === undefined) return column.present.includes(1);
  for (let row = 0; row < column.rows; row++) if (column.value(row) !== null) return true;
  return false;
}

/** Writes the labels of a column into the matrix. */
export function encodeColumn(
  column: Column,
  name: string,
  slot: TaskSlot,
  labels: LabelMatrix,
  { path, extents = null, onRefused }: LabelReading,
): void {
  const { kind } = slot.task;
  const { target = { offset: 0, scale: 1 } } = kind;
  const { values, present } = labels;
  const cell = { values, present, offset: 0 };
  let row = 0;
  const where = () => path(row, name);
  const requireEncoded = (first: number): void => {
    for (let i = first; i < first + slot.columns; i++) {
      if (present[i] === 0) values[i] = 0;
      else if (!isFiniteTarget(values[i] as number, target)) throw notEncoded(kind, where(), column.value(row));
    }
  };
  const encode = (first: number): void => {
    if (slot.axis === null) {
      cell.offset = first;
      kind.encode(column.value(row), cell, where);
    } else {
      const at = (position: number) => path(row, name + positionText(slot.shape, position));
      const labels = labelsAlong({ column, row, slot, extents, path: (text) => path(row, name + text) });
      encodeAlong(labels, cell, first, slot, at);
    }
    requireEncoded(first);
  };
  const numbers = stridedOf(column);
  if (numbers !== null && slot.axis === null && onRefused === undefined) {
    encodeNumbers(numbers, slot, labels, (label, at, to) => {
      row = at;
      cell.offset = to;
      kind.encode(label, cell, where);
      requireEncoded(to);
    });
    return;
  }
  const { present: isThere } = column;
  for (; row < labels.rows; row++) {
    if (isThere[row] === 0) continue;
    const first = row * labels.width + slot.offset;
    if (onRefused === undefined) encode(first);
    else {
      const error = refusalOf(() => encode(first));
      if (error === null) continue;
      values.fill(0, first, first + slot.columns);
      present.fill(0, first, first + slot.columns);
      onRefused(error, row);
    }
  }
}

/**
 * Numbers that are labels are few, mostly: one that is equal to either of the last two different ones is not encoded again.
 * Which it is, is counted and not asked: nobody can foretell labels, and a processor that tries waits longer than it works.
 */
function encodeNumbers(
  { values: cells, first, step }: Strided,
  { offset, columns }: TaskSlot,
  { rows, width, values, present }: LabelMatrix,
  encode: (label: number, row: number, to: number) => void,
): void {
  const words = cells.BYTES_PER_ELEMENT / 4;
  // By their bits, 0 and -0 are two labels.
  const bits = new Int32Array(cells.buffer, cells.byteOffset, cells.length * words);
  let [low, high, otherLow, otherHigh] = [-1, -1, -1, -1]; // of a NaN
  // Of a missing label at 0, of the last that was encoded at 1, of the one before at 2.
  const known = new Float64Array(4 * columns);
  const isThere = new Uint8Array(4 * columns);
  for (let row = 0, at = first, to = offset; row < rows; row++, at += step, to += width) {
    const own = bits[at * words] as number; // one or two words for each cell
    const ownHigh = bits[at * words + words - 1] as number;
    const place = isZero((own ^ low) | (ownHigh ^ high)) + 2 * isZero((own ^ otherLow) | (ownHigh ^ otherHigh));
    if (place === 0) {
      const label = cells[at] as number;
      if (Number.isNaN(label)) continue;
      encode(label, row, to);
      known.copyWithin(2 * columns, columns, 2 * columns);
      isThere.copyWithin(2 * columns, columns, 2 * columns);
      known.set(values.subarray(to, to + columns), columns);
      isThere.set(present.subarray(to, to + columns), columns);
      [low, high, otherLow, otherHigh] = [own, ownHigh, low, high];
      continue;
    }
    for (let i = 0, from = place * columns; i < columns; i++, from++) {
      values[to + i] = known[from] as number; // of this width
      present[to + i] = isThere[from] as number;
    }
  }
}

/** 1 for 0, else 0, without a branch. */
function isZero(bits: number): number {
  return 1 - ((bits | -bits) >>> 31);
}

function isFiniteTarget(value: number, target: { readonly offset: number; readonly scale: number }): boolean {
  return Number.isFinite(Math.fround((value - target.offset) * target.scale));
}

/** Rule 3, held against kinds from outside too: no NaN and no infinity gets past here. */
function notEncoded(kind: TaskKind, path: string, label: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LABEL',
    path,
    problem: `The task kind "${kind.kind}" encoded this label as a number that is not finite in float32.`,
    expected: 'a finite number, or null where the label is missing',
    received: show(label),
  });
}

function absentNote({ task }: TaskSlot, unused: readonly string[]): Note {
  const near = didYouMean(task.path, unused) ?? didYouMean(task.name, unused);
  const names = task.path === task.name ? `"${task.path}"` : `"${task.path}" or "${task.name}"`;
  const question = near === undefined ? '' : `; did you mean "${near}"?`;
  const text = `The task "${task.path}" has no labels: there is no column ${names}${question}`;
  return note('NO_LABEL_COLUMN', task.path, text);
}

function emptyNote({ task }: TaskSlot, name: string): Note {
  const text = `The task "${task.path}" has no labels: every value of the column "${name}" is missing`;
  return note('EMPTY_LABEL_COLUMN', task.path, text);
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
