/** @file Columns made of other columns' rows, without a copy: their arrays are gathered when somebody first reads them. */
import { HeadgateError, show } from '../errors.js';
import {
  type BooleanColumn,
  type Column,
  missingColumn,
  type NumberColumn,
  type Strided,
  sizeOf,
  stridedColumn,
  type TensorColumn,
} from './column.js';

/** Which rows of a column, in which order. */
export interface RowIndex {
  readonly rows: Uint32Array;
  /** Whether they follow one another: their values are then a part of the column's own array. */
  readonly isRun: boolean;
}

export function rowIndex(rows: Uint32Array): RowIndex {
  const first = rows[0] ?? 0;
  let isRun = true;
  for (let i = 0; i < rows.length && isRun; i++) isRun = rows[i] === first + i;
  return { rows, isRun };
}

/** The rows of a table's column after some of the table's rows were chosen. */
export function composed(outer: RowIndex | null, chosen: Uint32Array): RowIndex {
  return rowIndex(outer === null ? chosen : chosen.map((row) => outer.rows[row] as number));
}

/** What the values of a column are, apart from its rows. */
type Kind = { readonly type: Exclude<Column['type'], 'tensor'> } | Pick<TensorColumn, 'type' | 'shape'>;

interface Rows {
  readonly rows: number;
  readonly value: (row: number) => unknown;
  readonly present: () => Uint8Array;
  readonly values: () => unknown;
}

/** These rows of a column. */
export function rowsOfColumn(column: Column, { rows, isRun }: RowIndex): Column {
  const first = rows[0] ?? 0;
  const end = first + rows.length;
  if (isRun && column.type === 'number' && column.strided !== undefined) {
    const { values, first: start, step } = column.strided;
    return stridedColumn({ values, first: start + first * step, step }, rows.length);
  }
  const size = sizeOfRow(column);
  return viewOf(column, {
    rows: rows.length,
    value: (row) => {
      const own = rows[row];
      return own === undefined ? null : column.value(own);
    },
    present: () => (isRun ? column.present.subarray(first, end) : gathered(column.present, rows, 1)),
    values: () => {
      if (!isTyped(column)) return Array.from(rows, (row) => column.values[row] ?? null);
      return isRun ? column.values.subarray(first * size, end * size) : gathered(column.values, rows, size);
    },
  });
}

/**
 * One column after another. Unequal types mix into `object`; columns without a single value fit any.
 *
 * @throws HeadgateError `INCOMPATIBLE_COLUMNS` for tensors that do not agree in shape and type.
 */
export function concatColumns(name: string, columns: readonly Column[]): Column {
  const starts: number[] = [];
  let rows = 0;
  for (const column of columns) {
    starts.push(rows);
    rows += column.rows;
  }
  const matrices = columns.flatMap((column) => (column.type === 'number' && column.strided) || []);
  if (matrices.length === columns.length) return joinedNumbers(matrices, columns);
  const filled = columns.filter((column) => column.present.includes(1));
  if (filled.some((column) => column.type === 'tensor')) checkTensors(name, filled);
  const like = filled[0] ?? missingColumn(0);
  const value = (row: number): unknown => {
    if (!(row >= 0 && row < rows)) return null;
    const part = partAt(starts, row);
    return (columns[part] as Column).value(row - (starts[part] as number)); // a row below `rows` lies in a part
  };
  const present = () => joined(columns, starts, rows);
  if (!isTyped(like) || filled.some((column) => column.type !== like.type)) {
    const type = filled.every((column) => column.type === like.type) ? like.type : 'object';
    const values = () => Array.from({ length: rows }, (_, row) => value(row));
    return viewOf({ type: type === 'string' ? type : 'object' }, { rows, value, present, values });
  }
  const size = sizeOfRow(like);
  const values = () => {
    const all = emptyLike(like.values, rows * size);
    if (like.type === 'number') all.fill(Number.NaN); // of missing rows
    columns.forEach((column, i) => {
      if (column.type === like.type && isTyped(column)) all.set(column.values, (starts[i] as number) * size);
    });
    return all;
  };
  return viewOf(like, { rows, value, present, values });
}

/** Columns of matrices: their marks of what is missing are NaN, and need not be made. */
function joinedNumbers(matrices: readonly Strided[], columns: readonly Column[]): Column {
  const rows = columns.reduce((sum, column) => sum + column.rows, 0);
  const areNarrow = matrices.every(({ values }) => values instanceof Float32Array);
  const all = areNarrow ? new Float32Array(rows) : new Float64Array(rows);
  let to = 0;
  for (const [i, { values, first, step }] of matrices.entries()) {
    const end = to + (columns[i]?.rows ?? 0);
    for (let from = first; to < end; from += step) all[to++] = values[from] as number; // within
  }
  return stridedColumn({ values: all, first: 0, step: 1 }, rows);
}

/** Arrays are made when first read, and kept. */
function viewOf(kind: Kind, { rows, value, ...make }: Rows): Column {
  const present = once(make.present);
  const values = once(make.values);
  const view = {
    ...(kind.type === 'tensor' ? { shape: kind.shape } : {}),
    type: kind.type,
    rows,
    value,
    get present() {
      return present();
    },
    get values() {
      return values();
    },
  };
  return view as Column; // values and rows come from columns of this very kind
}

function sizeOfRow(column: Column): number {
  return column.type === 'tensor' ? sizeOf(column.shape) : 1;
}

function isTyped(column: Column): column is NumberColumn | BooleanColumn | TensorColumn {
  return column.type !== 'string' && column.type !== 'object';
}

function gathered<Values extends TypedValues>(values: Values, rows: Uint32Array, size: number): Values {
  const all = emptyLike(values, rows.length * size);
  if (size === 1) for (let i = 0; i < rows.length; i++) all[i] = values[rows[i] as number] as number;
  else for (let i = 0; i < rows.length; i++) all.set(rowOf(values, rows[i] as number, size), i * size);
  return all;
}

function rowOf(values: TypedValues, row: number, size: number): TypedValues {
  return values.subarray(row * size, (row + 1) * size);
}

/** The last part that starts at or before a row. */
function partAt(starts: readonly number[], row: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

function joined(columns: readonly Column[], starts: readonly number[], rows: number): Uint8Array {
  const present = new Uint8Array(rows);
  columns.forEach((column, i) => {
    present.set(column.present, starts[i] as number);
  });
  return present;
}

function checkTensors(name: string, filled: readonly Column[]): void {
  const [first, ...others] = filled.map(describe);
  const other = others.find((text) => text !== first);
  if (other === undefined) return;
  throw new HeadgateError({
    code: 'INCOMPATIBLE_COLUMNS',
    path: `columns.${name}`,
    problem: 'These columns cannot become one.',
    expected: first,
    received: other,
  });
}

function describe(column: Column): string {
  if (column.type !== 'tensor') return column.type;
  const row = column.value(column.present.indexOf(1)) ?? column.values; // a row says its type without a copy of all
  return `${row.constructor.name} rows of shape ${show(column.shape)}`;
}

type TypedValues = Float64Array | Float32Array | Uint8Array;

function emptyLike<Values extends TypedValues>(values: Values, length: number): Values;
function emptyLike(values: TypedValues, length: number): TypedValues {
  if (values instanceof Uint8Array) return new Uint8Array(length);
  return values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
