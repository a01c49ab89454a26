/** @file A cell that holds a label for each position along an axis. */
import { HeadgateError, show } from '../errors.js';
import type { LabelCell } from '../tasks/kind.js';
import { isMissing } from '../tasks/labels.js';
import type { TaskSlot } from '../tasks/layout.js';
import { type Column, sizeOf } from './column.js';

/**
 * The labels of one row, one for each position; null where one is missing. A list, an array of numbers, or a row of a
 * tensor column `[positions, …]`.
 *
 * @param row one that has a cell
 * @param where the path of the cell
 * @throws HeadgateError `WRONG_SHAPE` for anything else, and for another number of labels
 */
export function labelsAlong(column: Column, row: number, slot: TaskSlot, where: () => string): ArrayLike<unknown> {
  const { positions } = slot;
  if (column.type === 'tensor') {
    const [first, ...rest] = column.shape;
    if (first !== positions) throw wrongShape(slot, where(), `an array of shape ${show(column.shape)}`);
    const values = column.value(row) ?? [];
    const size = sizeOf(rest);
    return size === 1 ? values : Array.from({ length: positions }, (_, i) => values.slice(i * size, (i + 1) * size));
  }
  const value: unknown = column.value(row);
  if (!isList(value)) throw wrongShape(slot, where(), show(value));
  if (value.length !== positions) throw wrongShape(slot, where(), `a list of ${value.length}`);
  return value;
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);

/**
 * @param first place in the label matrix of the first position's first element
 * @param where the path of a position's label
 */
export function encodeAlong(
  labels: ArrayLike<unknown>,
  cell: { -readonly [K in keyof LabelCell]: LabelCell[K] },
  first: number,
  { width, task }: TaskSlot,
  where: (position: number) => string,
): void {
  for (let position = 0; position < labels.length; position++) {
    const label = labels[position];
    if (isMissing(label)) continue;
    cell.offset = first + position * width;
    task.kind.encode(label, cell, () => where(position));
  }
}

function wrongShape({ axis, positions, task }: TaskSlot, path: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'WRONG_SHAPE',
    path,
    problem: `"${task.path}" answers at each ${axis}, so its cell holds a label for each.`,
    expected: `a list of ${positions} labels, null where one is missing`,
    received,
    mend: 'Pad shorter lists with null; null in place of the list says that all are missing.',
  });
}
