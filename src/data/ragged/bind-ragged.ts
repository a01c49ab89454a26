/** @file Cells of nested lists, each as long as it is, become rows of one shape: what they lack at the end is padded. */
import { HeadgateError, show } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { maskedAxes } from '../../flow/ragged-input.js';
import { type Column, sizeOf } from '../column.js';
import type { InputMatrix } from '../dataset.js';
import { finite, invalidInput } from '../input-value.js';
import type { InputWatch } from '../input-watch.js';
import type { RowPath } from '../row-path.js';
import { emptyExtents } from './extents.js';
import { listIn } from './lists.js';

/** The input that is being read. */
export interface RaggedPlace {
  readonly input: string;
  readonly spec: InputSpec;
  readonly path: RowPath;
  readonly watch: InputWatch;
}

/** Whether its cells are nested lists that may be shorter than its shape. */
export function isRagged(spec: InputSpec): boolean {
  return spec.kind === 'tensor' && maskedAxes(spec) > 0;
}

/**
 * The rows, padded, with how far each reached. A cell is lists within lists, one level for each axis; the innermost may be
 * typed arrays. A row of a tensor column, or `{ data, shape }`, is lists of one length.
 *
 * @throws HeadgateError `INVALID_INPUT` for what is missing or no finite number; `WRONG_SHAPE` for a list that is longer
 *   than the shape, or shorter along an axis that is not ragged, and for what is no list
 */
export function bindRagged(column: Column, { input, spec, path, watch }: RaggedPlace): InputMatrix {
  const { shape, padding = 0 } = spec;
  const values = new Float32Array(column.rows * sizeOf(shape)).fill(padding);
  const extents = emptyExtents(column.rows, shape.slice(0, maskedAxes(spec)));
  const { add } = watch.spread(input);
  const into: RaggedRows = {
    set: (place, number) => {
      add(number);
      values[place] = number;
    },
    reaches: (axis, place, length) => {
      const own = extents.lengths[axis];
      if (own !== undefined) own[place] = length;
    },
  };
  for (let row = 0; row < column.rows; row++) {
    readCell(cellIn(column, row), row, spec, into, { input, path: (text) => path(row, input + text) });
  }
  return { shape, values, extents };
}

/** The cell of a row, a tensor's with its shape. */
export function cellIn(column: Column, row: number): unknown {
  const value: unknown = column.value(row);
  return column.type === 'tensor' && value !== null ? { data: value, shape: column.shape } : value;
}

/** Hears of each number and of each list of a cell, by their places over all rows. */
export interface RaggedRows {
  readonly set: (place: number, number: number) => void;
  /** @param place of the axes before this one */
  readonly reaches: (axis: number, place: number, length: number) => void;
}

interface CellPlace {
  readonly input: string;
  /** @param text a place within the cell: `[2][0]` */
  readonly path: (text: string) => string;
}

/** Throws as `bindRagged` does. */
export function readCell(cell: unknown, row: number, spec: InputSpec, into: RaggedRows, where: CellPlace): void {
  const { shape, ragged = [] } = spec;
  const places: number[] = []; // of the list that is being read: its text is made for an error only
  const at = () => where.path(places.map((place) => `[${place}]`).join(''));
  const read = (value: unknown, axis: number, place: number): void => {
    if (axis === shape.length) {
      into.set(place, finite(value, at, where.input));
      return;
    }
    if (value === null || value === undefined) throw invalidInput(at(), value, where.input);
    const list = listIn(value, shape.length - axis);
    const most = shape[axis] as number; // the axes are those of the shape
    if (list === null) throw noList(at(), spec, axis, value);
    if (list.length > most || (list.length < most && ragged[axis] !== true)) {
      throw wrongLength(at(), spec, axis, list.length);
    }
    into.reaches(axis, place, list.length);
    for (let i = 0; i < list.length; i++) {
      places.push(i);
      read(list[i], axis + 1, place * most + i);
      places.pop();
    }
  };
  read(cell, 0, row);
}

const axisText = ({ axes }: InputSpec, axis: number): string => {
  const name = axes?.[axis] ?? null;
  return name === null ? `axis ${axis}` : `the axis "${name}"`;
};

function noList(path: string, spec: InputSpec, axis: number, value: unknown): HeadgateError {
  const levels = spec.shape.length - axis;
  return new HeadgateError({
    code: 'WRONG_SHAPE',
    path,
    problem: `This is no list along ${axisText(spec, axis)} of the input.`,
    expected: levels === 1 ? 'a list of numbers' : `${levels} levels of lists, with numbers in the innermost`,
    received: show(value),
    mend: 'Give a list for each axis of the shape, as long as the row is.',
  });
}

function wrongLength(path: string, spec: InputSpec, axis: number, length: number): HeadgateError {
  const most = spec.shape[axis];
  const isRaggedAxis = spec.ragged?.[axis] === true;
  return new HeadgateError({
    code: 'WRONG_SHAPE',
    path,
    problem:
      length > (most ?? 0)
        ? `The list is longer than ${axisText(spec, axis)} of the input, and nothing is cut off in silence.`
        : `The list is shorter than ${axisText(spec, axis)} of the input, along which its rows are not ragged.`,
    expected: isRaggedAxis ? `at most ${most}` : `${most}`,
    received: `a list of ${length}`,
    mend: isRaggedAxis
      ? `Declare the input with the shape that its longest row needs, or cut the rows yourself.`
      : 'Name the axis in `ragged`, or fill the list yourself.',
  });
}
