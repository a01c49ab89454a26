/** @file A column of a table: values of one type, and a byte per row that says whether the value is there. Shared between tables: do not write. */
import { HeadgateError, show } from '../errors.js';
import { isMissing } from '../tasks/labels.js';

interface ColumnOf<Type extends string, Value> {
  readonly type: Type;
  readonly rows: number;
  /** 1 where the row has a value, 0 where it is missing. */
  readonly present: Uint8Array;
  /** The value of a row, null when missing. A tensor's row is a view: do not write to it. */
  readonly value: (row: number) => Value | null;
}

/** Missing rows hold NaN. */
export interface NumberColumn extends ColumnOf<'number', number> {
  readonly values: Float64Array;
  /** @internal Where the numbers lie without a copy, when they are a column of a matrix. */
  readonly strided?: Strided;
}

/** @internal Numbers at `first`, `first + step` and so on, NaN where missing. */
export interface Strided {
  readonly values: Float32Array | Float64Array;
  readonly first: number;
  readonly step: number;
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
  const isShape = Array.isArray(source.shape) && source.shape.every((axis) => Number.isSafeInteger(axis) && axis > 0);
  const size = isShape ? sizeOf(source.shape) : 0;
  if (size < 1 || source.data.length % size !== 0) {
    throw new HeadgateError({
      code: 'WRONG_SHAPE',
      path: `columns.${name}`,
      problem: 'The data is not a whole number of rows of this shape.',
      expected:
        size < 1
          ? 'a shape of whole numbers above 0, such as [64, 64, 3]'
          : `a multiple of ${size} values for rows of shape ${show(source.shape)}`,
      received: size < 1 ? show(source.shape) : `${source.data.length} values`,
      mend: 'Give the shape of one row, without the number of rows.',
    });
  }
  const rows = source.data.length / size;
  return tensorColumn(source.data, source.shape, new Uint8Array(rows).fill(1));
}

/** A column without a single value. */
export function missingColumn(rows: number): Column {
  return numberColumn(new Float64Array(rows).fill(Number.NaN), new Uint8Array(rows));
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
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

export function numberColumn(values: Float64Array, present: Uint8Array): NumberColumn {
  const value = (row: number) => (present[row] === 1 ? (values[row] as number) : null);
  return { type: 'number', rows: values.length, present, values, value };
}

/** @internal A column of a matrix of numbers, NaN where missing: arrays of its own are made when they are first read. */
export function stridedColumn(strided: Strided, rows: number): NumberColumn {
  const { values: matrix, first, step } = strided;
  let values: Float64Array | null = null;
  let present: Uint8Array | null = null;
  return {
    type: 'number',
    rows,
    strided,
    value: (row) => {
      const value = row >= 0 && row < rows ? matrix[first + row * step] : Number.NaN;
      return value === undefined || Number.isNaN(value) ? null : value;
    },
    get values() {
      if (values !== null) return values;
      values = new Float64Array(rows);
      for (let row = 0, at = first; row < rows; row++, at += step) values[row] = matrix[at] as number; // within
      return values;
    },
    get present() {
      if (present !== null) return present;
      present = new Uint8Array(rows);
      for (let row = 0, at = first; row < rows; row++, at += step) present[row] = Number.isNaN(matrix[at]) ? 0 : 1;
      return present;
    },
  };
}

/** @internal Where the numbers of a column lie; null for one of anything else. */
export function stridedOf(column: Column): Strided | null {
  if (column.type !== 'number') return null;
  return column.strided ?? { values: column.values, first: 0, step: 1 };
}

export function booleanColumn(values: Uint8Array, present: Uint8Array): BooleanColumn {
  const value = (row: number) => (present[row] === 1 ? values[row] === 1 : null);
  return { type: 'boolean', rows: values.length, present, values, value };
}

export function stringColumn(values: readonly (string | null)[], present: Uint8Array): StringColumn {
  return { type: 'string', rows: values.length, present, values, value: (row) => values[row] ?? null };
}

export function objectColumn(values: readonly unknown[], present: Uint8Array): ObjectColumn {
  return { type: 'object', rows: values.length, present, values, value: (row) => values[row] ?? null };
}

export function tensorColumn(
  values: Float32Array | Uint8Array,
  shape: readonly number[],
  present: Uint8Array,
): TensorColumn {
  const size = sizeOf(shape);
  const value = (row: number) => (present[row] === 1 ? values.subarray(row * size, (row + 1) * size) : null);
  return { type: 'tensor', rows: present.length, present, shape: Object.freeze([...shape]), values, value };
}
