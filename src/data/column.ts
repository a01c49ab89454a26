/** @file A column of a table: values of one type, and a byte per row that says whether the value is there. */
import { HeadgateError, show } from '../errors.js';
import { isMissing } from '../tasks/labels.js';

interface ColumnOf<Type extends string, Value> {
  readonly type: Type;
  readonly rows: number;
  /** 1 where the row has a value, 0 where it is missing. */
  readonly present: Uint8Array;
  /** The value of a row, null when missing. A tensor's row is a view: do not write to it. */
  readonly value: (row: number) => Value | null;
  /** The column of these rows, in this order. */
  readonly take: (rows: ArrayLike<number>) => Column;
}

/** Missing rows hold NaN. */
export interface NumberColumn extends ColumnOf<'number', number> {
  readonly values: Float64Array;
}
/** 0 and 1; missing rows hold 0. */
export interface BooleanColumn extends ColumnOf<'boolean', boolean> {
  readonly values: Uint8Array;
}
export interface StringColumn extends ColumnOf<'string', string> {
  readonly values: readonly (string | null)[];
}
/** Anything else: lists of class names, records, mixtures. Values are kept as they were given. */
export interface ObjectColumn extends ColumnOf<'object', unknown> {
  readonly values: readonly unknown[];
}
/** One array of a fixed shape per row, row-major `[rows, ...shape]`; missing rows hold 0. */
export interface TensorColumn extends ColumnOf<'tensor', Float32Array | Uint8Array> {
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint8Array;
}
export type Column = NumberColumn | BooleanColumn | StringColumn | ObjectColumn | TensorColumn;

/** Rows of a fixed shape in one array: `{ data, shape: [height, width, channels] }`; the shape is without the rows. */
export interface TensorSource {
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** The column of a list of values; its type is the one that all present values share, else `object`. */
export function columnOf(values: ArrayLike<unknown>): Column {
  const rows = values.length;
  const present = new Uint8Array(rows);
  const types = new Set<string>();
  for (let row = 0; row < rows; row++) {
    const value = values[row];
    if (isMissing(value)) continue;
    present[row] = 1;
    types.add(typeof value);
  }
  if (types.size > 1) return objectColumn(keep(values, present), present);
  if (types.has('boolean')) return booleanColumn(Uint8Array.from(values, Number), present);
  if (types.has('string')) return stringColumn(keep(values, present) as (string | null)[], present); // checked above
  if (types.has('number') || types.size === 0) {
    return numberColumn(
      Float64Array.from(values, (value) => (isMissing(value) ? Number.NaN : Number(value))),
      present,
    );
  }
  const objects = keep(values, present);
  return packed(objects, present) ?? objectColumn(objects, present);
}

/** @throws HeadgateError `WRONG_SHAPE` when the data is not a whole number of rows. */
export function tensorColumnOf(name: string, source: TensorSource): TensorColumn {
  const size = sizeOf(source.shape);
  if (!Number.isSafeInteger(size) || size < 1 || source.data.length % size !== 0) {
    throw new HeadgateError({
      code: 'WRONG_SHAPE',
      path: `columns.${name}`,
      problem: 'The data is not a whole number of rows of this shape.',
      expected: `a multiple of ${size} values for rows of shape ${show(source.shape)}`,
      received: `${source.data.length} values`,
      mend: 'Give the shape of one row, without the number of rows.',
    });
  }
  const rows = source.data.length / size;
  return tensorColumn(source.data, source.shape, new Uint8Array(rows).fill(1));
}

/** One column after another. Unequal types mix into `object`; tensors must agree in shape and type. */
export function concatColumns(name: string, columns: readonly Column[]): Column {
  const filled = columns.filter((column) => column.present.includes(1));
  const first = filled[0];
  if (filled.some((column) => column.type === 'tensor') && first !== undefined) {
    return concatTensors(name, columns, first, filled);
  }
  return columnOf(columns.flatMap((column) => Array.from({ length: column.rows }, (_, row) => column.value(row))));
}

/** A column without a single value. */
export function missingColumn(rows: number): Column {
  return numberColumn(new Float64Array(rows).fill(Number.NaN), new Uint8Array(rows));
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

function concatTensors(name: string, columns: readonly Column[], first: Column, filled: readonly Column[]): Column {
  const describe = (column: Column) =>
    column.type === 'tensor' ? `${column.values.constructor.name} rows of shape ${show(column.shape)}` : column.type;
  const other = filled.find((column) => describe(column) !== describe(first));
  if (other !== undefined || first.type !== 'tensor') {
    throw new HeadgateError({
      code: 'INCOMPATIBLE_COLUMNS',
      path: `columns.${name}`,
      problem: 'These columns cannot become one.',
      expected: describe(first),
      received: describe(other ?? first),
    });
  }
  const size = sizeOf(first.shape);
  const rows = columns.reduce((sum, column) => sum + column.rows, 0);
  const values = first.values instanceof Uint8Array ? new Uint8Array(rows * size) : new Float32Array(rows * size);
  const present = new Uint8Array(rows);
  let row = 0;
  for (const column of columns) {
    if (column.type === 'tensor') values.set(column.values, row * size);
    present.set(column.present, row);
    row += column.rows;
  }
  return tensorColumn(values, first.shape, present);
}

/** Typed arrays of one type and length become a tensor column of flat rows. */
function packed(values: readonly unknown[], present: Uint8Array): TensorColumn | undefined {
  const first = values[present.indexOf(1)];
  if (!(first instanceof Uint8Array || first instanceof Float32Array) || first.length === 0) return undefined;
  const Type = first instanceof Uint8Array ? Uint8Array : Float32Array;
  const data = new Type(values.length * first.length);
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    if (!(value instanceof Type) || value.length !== first.length) return undefined;
    data.set(value, row * first.length);
  }
  return tensorColumn(data, [first.length], present);
}

function keep(values: ArrayLike<unknown>, present: Uint8Array): unknown[] {
  return Array.from(values, (value, row) => (present[row] === 1 ? value : null));
}

function numberColumn(values: Float64Array, present: Uint8Array): NumberColumn {
  return {
    type: 'number',
    rows: values.length,
    present,
    values,
    value: (row) => (present[row] === 1 ? (values[row] as number) : null),
    take: (rows) =>
      numberColumn(
        Float64Array.from(rows, (row) => values[row] as number),
        takeBytes(present, rows),
      ),
  };
}

function booleanColumn(values: Uint8Array, present: Uint8Array): BooleanColumn {
  return {
    type: 'boolean',
    rows: values.length,
    present,
    values,
    value: (row) => (present[row] === 1 ? values[row] === 1 : null),
    take: (rows) => booleanColumn(takeBytes(values, rows), takeBytes(present, rows)),
  };
}

function stringColumn(values: readonly (string | null)[], present: Uint8Array): StringColumn {
  return {
    type: 'string',
    rows: values.length,
    present,
    values,
    value: (row) => values[row] ?? null,
    take: (rows) =>
      stringColumn(
        Array.from(rows, (row) => values[row] ?? null),
        takeBytes(present, rows),
      ),
  };
}

function objectColumn(values: readonly unknown[], present: Uint8Array): ObjectColumn {
  return {
    type: 'object',
    rows: values.length,
    present,
    values,
    value: (row) => values[row] ?? null,
    take: (rows) =>
      objectColumn(
        Array.from(rows, (row) => values[row] ?? null),
        takeBytes(present, rows),
      ),
  };
}

function tensorColumn(values: Float32Array | Uint8Array, shape: readonly number[], present: Uint8Array): TensorColumn {
  const size = sizeOf(shape);
  const view = (row: number) => values.subarray(row * size, (row + 1) * size);
  return {
    type: 'tensor',
    rows: present.length,
    present,
    shape: Object.freeze([...shape]),
    values,
    value: (row) => (present[row] === 1 ? view(row) : null),
    take: (rows) => {
      const length = rows.length * size;
      const taken = values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
      for (let i = 0; i < rows.length; i++) taken.set(view(rows[i] as number), i * size);
      return tensorColumn(taken, shape, takeBytes(present, rows));
    },
  };
}

function takeBytes(bytes: Uint8Array, rows: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(rows, (row) => bytes[row] as number);
}
