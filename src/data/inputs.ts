/** @file Columns become the network's inputs: every value finite, every row of the declared shape. */
import { HeadgateError, show } from '../errors.js';
import type { FlowGraph, InputSpec } from '../flow/graph.js';
import { isDerived } from '../flow/mask-input.js';
import type { Note, Noted } from '../notes.js';
import { type Column, sizeOf, stridedOf, type TensorColumn } from './column.js';
import { createColumnsBinder } from './columns/bind-columns.js';
import type { InputMatrix } from './dataset.js';
import { encoderOf } from './encoders/encoder.js';
import { cellOf, fits, isByteArray } from './input-cells.js';
import { finite, invalidInput } from './input-value.js';
import { createInputWatch, hasRange, type InputWatch } from './input-watch.js';
import { requireEqualExtents } from './ragged/agree.js';
import { bindRagged, isRagged } from './ragged/bind-ragged.js';
import { columnExtents } from './ragged/column-extents.js';
import { maskMatrix } from './ragged/mask.js';
import { type RowPath, tablePath } from './row-path.js';
import type { Table } from './table.js';
import { unknownColumn } from './table-errors.js';

export interface BoundInputs extends Noted {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, InputMatrix>>;
  /** Of each row: its number in the source that it first came from. */
  readonly ids: Uint32Array;
}

/**
 * Reads each input from its columns, or from the column of its own name, by the kinds of its columns where it has some.
 * Otherwise booleans count as 0 and 1; 8-bit arrays stay 8-bit. A row of shape `[4, 4, 1]` may also come as `[4, 4]` or flat;
 * one of a ragged input is padded, and keeps how far it reached.
 *
 * @throws HeadgateError `EMPTY_DATASET`, `UNKNOWN_COLUMN`, `WRONG_SHAPE`, and `INVALID_INPUT` for a missing or
 * infinite value, or one that is not a number.
 */
export function bindInputs(table: Table, specs: FlowGraph['inputs']): BoundInputs {
  const binder = createInputBinder(specs);
  const inputs = binder.bind(table, tablePath(table.ids));
  return { rows: table.rows, inputs, ids: table.ids, notes: [...table.notes, ...binder.notes()] };
}

/** Binds one chunk of rows after another; a chunk's inputs depend on its own rows alone. */
export interface InputBinder {
  readonly bind: (table: Table, path: RowPath) => Readonly<Record<string, InputMatrix>>;
  /**
   * What looks like a slip in all rows so far.
   *
   * @throws HeadgateError `UNKNOWN_COLUMN` for a column that no chunk had
   */
  readonly notes: () => readonly Note[];
}

/**
 * @param isPatient whether a column whose kind knows what to do with missing cells may be absent from the first chunks: with
 *   `notes` it must have been in one. Else the first must have it, so that nothing is answered without it.
 */
export function createInputBinder(specs: FlowGraph['inputs'], isPatient = false): InputBinder {
  const columns = new Set<string>();
  const absent = new Map<string, HeadgateError>();
  const types = new Map<string, string>();
  const watches = new Map(Object.keys(specs).map((name) => [name, createInputWatch()]));
  const binders = new Map(
    Object.entries(specs).flatMap(([name, spec]) =>
      spec.columnKinds === undefined ? [] : [[name, createColumnsBinder(name, spec)] as const],
    ),
  );
  return {
    bind: (table, path) => {
      if (table.rows === 0) throw noRows(table);
      const read = Object.entries(specs).filter(([, spec]) => !isDerived(spec));
      const inputs = read.map(([name, spec]): [string, InputMatrix] => {
        const watch = watches.get(name) as InputWatch; // one for each input
        const place = { input: name, spec, path, watch, columns, absent: isPatient ? absent : null };
        const binder = binders.get(name);
        if (isRagged(spec)) {
          return [name, inMemory(name, table.rows, spec, () => bindRagged(inputColumn(table, name, place), place))];
        }
        const values = inMemory(name, table.rows, spec, () => {
          if (binder !== undefined)
            return binder.bind(table.rows, path, (column) => columnOrNone(table, column, place));
          return spec.columns === null ? fromColumn(table, place) : fromNumbers(table, spec.columns, place);
        });
        if (binder === undefined && hasRange(spec)) watch.seen(values);
        requireType(name, values.constructor.name, types);
        const extents = columnExtents(name, spec, table.rows, values as Float32Array); // of columns with kinds: floats
        return [name, extents === undefined ? { shape: spec.shape, values } : { shape: spec.shape, values, extents }];
      });
      const bound = Object.fromEntries(inputs);
      const extents = Object.entries(bound).flatMap(([name, own]) =>
        own.extents ? [[name, own.extents] as const] : [],
      );
      requireEqualExtents(specs, new Map(extents), path);
      // in the order of the declaration, which is that of the network's inputs
      return Object.fromEntries(
        Object.entries(specs).map(([name, spec]) => [name, bound[name] ?? maskMatrix(spec, table.rows, bound)]),
      );
    },
    notes: () => {
      const [, missed] = [...absent].find(([column]) => !columns.has(column)) ?? [];
      if (missed !== undefined) throw missed;
      return [
        ...[...watches].flatMap(([name, watch]) => watch.notes(name, specs[name] as InputSpec)), // one for each input
        ...[...binders.values()].flatMap((binder) => binder.notes()),
      ];
    },
  };
}

/** JavaScript's own words for an array that is longer than an array can be, or than there is memory for. */
const TOO_LARGE = /^(Invalid typed array length|Array buffer allocation failed)/;

function inMemory<T>(input: string, rows: number, { shape }: InputSpec, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError && TOO_LARGE.test(cause.message))) throw cause;
    throw new HeadgateError(
      {
        code: 'DATA_TOO_LARGE',
        path: `inputs.${input}`,
        problem: 'Its rows do not fit into one array.',
        received: `${rows} rows of ${sizeOf(shape)} numbers`,
        mend: 'Give fewer rows at once.',
      },
      { cause },
    );
  }
}

/** What a compiled step reads has one type: rows of bytes and rows of numbers may be mixed in one table only. */
function requireType(input: string, type: string, types: Map<string, string>): void {
  const before = types.get(input) ?? type;
  types.set(input, before);
  if (type === before) return;
  throw new HeadgateError({
    code: 'INCOMPATIBLE_COLUMNS',
    path: `inputs.${input}`,
    problem: 'The rows of this input are 8-bit arrays in some chunks and numbers in others.',
    expected: before,
    received: type,
    mend: 'Give all rows in one type.',
  });
}

/** The input that is being read. */
interface Place {
  readonly input: string;
  readonly spec: InputSpec;
  readonly path: RowPath;
  readonly watch: InputWatch;
  /** That earlier chunks had: where one of them is absent now, its values are missing. */
  readonly columns: Set<string>;
  /** What to say of columns that were absent, in case no chunk has them; null where that is said at once. */
  readonly absent: Map<string, HeadgateError> | null;
}

function noRows({ columnNames, notes }: Table): HeadgateError {
  return new HeadgateError({
    code: 'EMPTY_DATASET',
    path: 'data',
    problem: ['The data has no rows.', ...notes.map((note) => note.text)].join(' '),
    expected: 'at least one row',
    received: `0 rows, columns ${show(columnNames)}`,
    mend: 'Check the file, and the filter or split that these rows came through.',
  });
}

/** The columns that the inputs are read from. */
export function inputColumns(specs: FlowGraph['inputs']): ReadonlySet<string> {
  return new Set(Object.entries(specs).flatMap(([name, spec]) => (isDerived(spec) ? [] : (spec.columns ?? [name]))));
}

function fromNumbers(table: Table, names: readonly string[], place: Place): Float32Array {
  const { input, spec, path, watch } = place;
  if (names.length !== sizeOf(spec.shape)) throw wrongShape(`inputs.${input}`, spec.shape, `${names.length} columns`);
  const values = new Float32Array(table.rows * names.length);
  const encoder = encoderOf(spec, `inputs.${input}`);
  for (const [position, name] of names.entries()) {
    const column = inputColumn(table, name, place);
    const origin = encoder?.kind === 'standardise' ? (encoder.state.origins[position] as number) : 0; // one for each
    const spread = watch.spread(name);
    const numbers = stridedOf(column); // asked one by one, they take three times as long
    let row = 0;
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const where = () => path(row, name);
    for (; row < table.rows; row++) {
      // NaN also where it is missing
      const value = numbers === null ? Number.NaN : (numbers.values[numbers.first + row * numbers.step] as number);
      const isRead = Number.isFinite(Math.fround(value));
      const number = (isRead ? value : finite(column.value(row), where, name)) - origin;
      if (number < least) least = number;
      if (number > greatest) greatest = number;
      if (Math.fround(number) !== number) spread.add(number);
      values[row * names.length + position] = number;
    }
    spread.add(least);
    spread.add(greatest);
  }
  return values;
}

function fromColumn(table: Table, place: Place): Float32Array | Uint8Array {
  const { input, spec, path, watch } = place;
  const column = inputColumn(table, input, place);
  if (column.type === 'tensor') return fromTensor(column, input, spec.shape, path);
  const size = sizeOf(spec.shape);
  const isByte = column.type === 'object' && column.values.every(isByteArray);
  const values = isByte ? new Uint8Array(table.rows * size) : new Float32Array(table.rows * size);
  const spread = watch.spread(input);
  let row = 0;
  const where = () => path(row, input);
  for (; row < table.rows; row++) {
    const cell = numbersOfCell(column.value(row), spec.shape, where, input);
    for (let i = 0; i < size; i++) {
      const number = finite(cell[i], where, input);
      spread.add(number);
      values[row * size + i] = number;
    }
  }
  return values;
}

/** As many values as the shape has, of a cell that has it; whether each is a number is not looked at. */
export function numbersOfCell(
  value: unknown,
  shape: readonly number[],
  where: () => string,
  input: string,
): ArrayLike<unknown> {
  if (value === null) throw invalidInput(where(), value, input);
  const cell = cellOf(value);
  if (cell !== undefined && fits(shape, cell.shape)) return cell.values;
  throw wrongShape(
    where(),
    shape,
    cell === undefined ? 'one that is ragged or does not fill its shape' : `an array of shape ${show(cell.shape)}`,
  );
}

/** No copy: the table is immutable. */
function fromTensor(
  column: TensorColumn,
  input: string,
  shape: readonly number[],
  path: RowPath,
): Float32Array | Uint8Array {
  const absent = column.present.indexOf(0);
  if (absent !== -1) throw invalidInput(path(absent, input), null, input);
  requireRowShape(column, shape, () => path(0, input));
  const { values } = column;
  if (values instanceof Float32Array) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad !== -1) throw invalidInput(path(Math.floor(bad / sizeOf(shape)), input), values[bad], input);
  }
  return values;
}

/** Throws `WRONG_SHAPE`. */
export function requireRowShape(column: TensorColumn, shape: readonly number[], where: () => string): void {
  if (!fits(shape, column.shape)) throw wrongShape(where(), shape, `an array of shape ${show(column.shape)}`);
}

/** Null where these rows have no such column, although others of the source have: all of its cells are missing. */
function columnOrNone(table: Table, name: string, place: Place): Column | null {
  if (!table.has(name) && place.columns.has(name)) return null;
  if (table.has(name) || place.absent === null) return inputColumn(table, name, place);
  place.absent.set(name, noColumn(table, name, place));
  return null;
}

function inputColumn(table: Table, name: string, place: Place): Column {
  const { path, columns } = place;
  if (table.has(name)) {
    columns.add(name);
    return table.column(name);
  }
  if (columns.has(name)) throw invalidInput(path(0, name), null, name);
  throw noColumn(table, name, place);
}

function noColumn(table: Table, name: string, { input, spec }: Place): HeadgateError {
  const facts = unknownColumn(name, table.columnNames);
  return new HeadgateError({
    code: facts.code,
    path: `inputs.${input}`,
    problem: `The table has no column "${name}", which the input "${input}" is read from.`,
    expected: facts.expected ?? '',
    suggestion: facts.suggestion,
    mend:
      spec.columnKinds === undefined ? undefined : 'Where its values are not known, give the column with null in it.',
  });
}

function wrongShape(path: string, expected: readonly number[], received: string): HeadgateError {
  return new HeadgateError({
    code: 'WRONG_SHAPE',
    path,
    problem: 'The value does not have the shape of the input.',
    expected: `an array of shape ${show(expected)}, or its ${sizeOf(expected)} values in a flat one`,
    received,
    mend: 'Resize the data, or declare the input with the shape that it has.',
  });
}
