/** @file A cell that holds a label for each position along an axis, or along several. */
import { HeadgateError, show } from '../errors.js';
import type { LabelCell } from '../tasks/kind.js';
import { isMissing } from '../tasks/labels.js';
import type { TaskSlot } from '../tasks/layout.js';
import { type Column, sizeOf, type TensorColumn } from './column.js';
import { type Extents, lengthAt } from './ragged/extents.js';
import { listIn } from './ragged/lists.js';

/** A cell of labels that is there. */
export interface LabelsCell {
  readonly column: Column;
  readonly row: number;
  readonly slot: TaskSlot;
  /** How far each row reaches along the axes; null where all of them have all positions. */
  readonly extents: Extents | null;
  /** @param text a place within the cell: `[2]`; none for the cell itself */
  readonly path: (text: string) => string;
}

/**
 * The labels of one row, one for each position, row-major; undefined where one is missing, and where the row has no such
 * position. Lists, arrays of numbers, or a row of a tensor column `[...axes, …]`; along several axes lists within lists,
 * of which an inner one may be missing as a whole. A list is as long as the row's own, or as the axis; of what lies
 * beyond the row nothing is read.
 *
 * @throws HeadgateError `WRONG_SHAPE` for anything else, and for another number of labels
 */
export function labelsAlong(cell: LabelsCell): ArrayLike<unknown> {
  const { column, row, slot, extents } = cell;
  const { shape, positions } = slot;
  const given = column.type === 'tensor' ? listsOf(column, cell) : column.value(row);
  if (shape.length === 1 && extents === null) return requireList(given, cell, { axis: 0, place: row, text: '' });
  const labels = Array<unknown>(positions);
  const read = (value: unknown, list: ListPlace): void => {
    const { axis, place, text } = list;
    if (axis > 0 && isMissing(value)) return;
    const own = requireList(value, cell, list);
    const length = lengthAt(extents, axis, place, shape);
    const first = place * (shape[axis] as number); // axes are those of the shape
    for (let i = 0; i < length; i++) {
      if (axis === shape.length - 1) labels[first + i - row * positions] = own[i];
      else read(own[i], { axis: axis + 1, place: first + i, text: `${text}[${i}]` });
    }
  };
  read(given, { axis: 0, place: row, text: '' });
  return labels;
}

/** A list within a cell: along which axis, and below which place of the axes before it, counted over all rows. */
interface ListPlace {
  readonly axis: number;
  readonly place: number;
  readonly text: string;
}

/** Throws `WRONG_SHAPE` unless it is a list, as long as the row's own or as the axis. */
function requireList(value: unknown, cell: LabelsCell, { axis, place, text }: ListPlace): ArrayLike<unknown> {
  const { slot, extents, path } = cell;
  const most = slot.shape[axis] as number; // axes are those of the shape
  const length = lengthAt(extents, axis, place, slot.shape);
  const list = listIn(value, slot.shape.length - axis);
  if (list !== null && (list.length === most || list.length === length)) return list;
  const what = axis === slot.shape.length - 1 ? 'labels' : 'lists';
  const either = length === most ? `${most} ${what}` : `${length} ${what}, as many as the row has here, or of ${most}`;
  throw wrongShape(slot, path(text), {
    expected: `a list of ${either}, null where one is missing`,
    received: list === null ? show(value) : `a list of ${list.length}`,
  });
}

/** A row of a tensor column as lists, within which a label of several elements is an array. */
function listsOf(column: TensorColumn, { row, slot, extents, path }: LabelsCell): unknown {
  const { shape } = slot;
  const own = column.shape.slice(0, shape.length);
  // of ragged rows each list is looked at by itself: all of these rows may be shorter
  if (own.length < shape.length || (extents === null && !shape.every((length, axis) => own[axis] === length))) {
    throw wrongShape(slot, path(''), {
      expected: `an array of shape [${shape.join(', ')}], or with the elements of a label as its last axis`,
      received: `an array of shape ${show(column.shape)}`,
    });
  }
  const values = column.value(row) ?? [];
  const size = sizeOf(column.shape.slice(shape.length));
  let next = 0;
  const below = (axis: number): unknown => {
    if (axis === shape.length) return size === 1 ? values[next++] : values.slice(next * size, ++next * size);
    return Array.from({ length: own[axis] as number }, () => below(axis + 1)); // one of its axes
  };
  return below(0);
}

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

interface WrongShape {
  readonly expected: string;
  readonly received: string;
}

function wrongShape({ axis, task }: TaskSlot, path: string, facts: WrongShape): HeadgateError {
  return new HeadgateError({
    code: 'WRONG_SHAPE',
    path,
    problem: `"${task.path}" answers at each ${axis}, so its cell holds a label for each.`,
    ...facts,
    mend: 'Pad shorter lists with null; null in place of the list says that all are missing.',
  });
}
