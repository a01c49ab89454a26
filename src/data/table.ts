/** @file An immutable in-memory table: named columns of equal length, each with a mark of which values are there. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import {
  type Column,
  columnOf,
  concatColumns,
  missingColumn,
  type NumberArray,
  type TensorSource,
  tensorColumnOf,
} from './column.js';
import { csvText } from './csv-text.js';
import { type DanfoFrame, danfoFrame } from './danfo.js';
import { type SplitOptions, splitRows } from './split.js';

/** A row as an object; missing values are null. */
export type Row = Readonly<Record<string, unknown>>;

/** A column's values: a list, numbers in a typed array, or rows of a fixed shape. */
export type ColumnSource = readonly unknown[] | NumberArray | TensorSource;

/** What every part of Headgate that reads data takes. */
export type TableLike = Table | readonly Row[];

/**
 * Rows and named columns. `null`, `undefined` and NaN are missing; nothing else is.
 *
 * @example
 * const table = Table.fromRecords([{ age: 29, sex: 'female' }, { age: null, sex: 'male' }]);
 * const { train, test } = table.split({ train: 0.8, test: 0.2 }, { seed: 1 });
 */
export class Table {
  readonly rows: number;
  readonly columnNames: readonly string[];
  readonly #columns: ReadonlyMap<string, Column>;

  private constructor(columns: ReadonlyMap<string, Column>, rows: number) {
    this.#columns = columns;
    this.rows = rows;
    this.columnNames = Object.freeze([...columns.keys()]);
    Object.freeze(this);
  }

  /**
   * The columns are all keys of all records, in order of first appearance; a key that a record lacks is missing there.
   *
   * @throws HeadgateError `INVALID_RECORD` for a row that is not an object.
   */
  static fromRecords(records: readonly Row[]): Table {
    const values = new Map<string, unknown[]>();
    for (const [row, record] of records.entries()) {
      if (typeof record !== 'object' || record === null || Array.isArray(record)) throw invalidRecord(row, record);
      for (const [name, value] of Object.entries(record)) {
        let column = values.get(name);
        if (column === undefined) {
          column = new Array<unknown>(records.length).fill(null);
          values.set(name, column);
        }
        column[row] = value;
      }
    }
    return new Table(new Map([...values].map(([name, column]) => [name, columnOf(column)])), records.length);
  }

  /**
   * Lists and typed arrays of numbers are copied; the data of `{ data, shape }` is kept, so do not write to it later.
   *
   * @throws HeadgateError `UNEQUAL_COLUMNS`, `WRONG_SHAPE`, `INVALID_COLUMN`
   */
  static fromColumns(columns: Readonly<Record<string, ColumnSource>>): Table {
    const built = new Map<string, Column>();
    for (const [name, source] of Object.entries(columns)) built.set(name, columnFrom(name, source));
    const [first, ...others] = [...built];
    for (const [name, column] of others) {
      if (first !== undefined && column.rows !== first[1].rows) throw unequalColumns(first, [name, column]);
    }
    return new Table(built, first?.[1].rows ?? 0);
  }

  /** @internal A table of columns as they are, of `rows` rows each. */
  static ofColumns(columns: ReadonlyMap<string, Column>, rows: number): Table {
    return new Table(columns, rows);
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** @throws HeadgateError `UNKNOWN_COLUMN` with a suggestion. */
  column(name: string): Column {
    const column = this.#columns.get(name);
    if (column === undefined) throw unknownColumn(name, this.columnNames);
    return column;
  }

  /** The value of a row, counted from 0; null when missing. A tensor's row is a view: do not write to it. */
  value(row: number, name: string): unknown {
    const column = this.column(name);
    if (!(Number.isInteger(row) && row >= 0 && row < this.rows)) throw unknownRow(row, this.rows);
    return column.value(row);
  }

  /** These rows, in this order; a row may come more than once. */
  select(rows: ArrayLike<number>): Table {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (!(Number.isInteger(row) && row >= 0 && row < this.rows)) throw unknownRow(row, this.rows);
    }
    return new Table(new Map([...this.#columns].map(([name, column]) => [name, column.take(rows)])), rows.length);
  }

  /** Rows from `start` up to but without `end`; negative numbers count from the end, as in `Array.slice`. */
  slice(start?: number, end?: number): Table {
    return this.select(this.#indices().slice(start, end));
  }

  /** The rows for which `keep` is true. */
  filter(keep: (row: Row, index: number) => boolean): Table {
    return this.select(this.#indices().filter((index) => keep(this.#record(index), index)));
  }

  /** With one more column, or a column replaced, computed row by row. */
  derive(name: string, value: (row: Row, index: number) => unknown): Table {
    const values = Array.from({ length: this.rows }, (_, index) => value(this.#record(index), index));
    return new Table(new Map([...this.#columns, [name, columnOf(values)]]), this.rows);
  }

  /**
   * With one more column, or a column replaced.
   *
   * @throws HeadgateError `UNEQUAL_COLUMNS`, `WRONG_SHAPE`, `INVALID_COLUMN`
   */
  with(name: string, values: ColumnSource): Table {
    const column = columnFrom(name, values);
    const [first] = this.#columns;
    if (first !== undefined && column.rows !== this.rows) throw unequalColumns(first, [name, column]);
    return new Table(new Map([...this.#columns, [name, column]]), column.rows);
  }

  /** Without these columns. */
  drop(...names: readonly string[]): Table {
    for (const name of names) this.column(name);
    return new Table(new Map([...this.#columns].filter(([name]) => !names.includes(name))), this.rows);
  }

  /** With columns renamed: `rename({ old: 'new' })`. */
  rename(names: Readonly<Record<string, string>>): Table {
    const renamed = new Map(Object.entries(names));
    for (const name of renamed.keys()) this.column(name);
    const columns = new Map([...this.#columns].map(([name, column]) => [renamed.get(name) ?? name, column]));
    if (columns.size < this.columnNames.length) {
      throw new HeadgateError({
        code: 'DUPLICATE_COLUMN',
        path: 'rename',
        problem: 'Two columns would have one name.',
        received: show(names),
      });
    }
    return new Table(columns, this.rows);
  }

  /** The rows of this table, then those of the others; a column that one of them lacks is missing there. */
  concat(...others: readonly Table[]): Table {
    const tables = [this, ...others];
    const names = new Set(tables.flatMap((table) => table.columnNames));
    const columns = [...names].map((name): [string, Column] => {
      const parts = tables.map((table) => (table.has(name) ? table.column(name) : missingColumn(table.rows)));
      return [name, concatColumns(name, parts)];
    });
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    return new Table(new Map(columns), rows);
  }

  /**
   * Divides the rows at random: `split({ train: 0.8, test: 0.2 }, { seed: 1 })`. The shares must add up to 1.
   * Equal seeds give equal parts.
   *
   * @throws HeadgateError `INVALID_SPLIT`
   */
  split<Name extends string>(shares: Readonly<Record<Name, number>>, options: SplitOptions): Record<Name, Table> {
    const parts = splitRows(this.rows, shares, options).map(([name, rows]) => [name, this.select(rows)]);
    return Object.fromEntries(parts) as Record<Name, Table>; // the parts are named after the keys of `shares`
  }

  toRecords(): Row[] {
    return Array.from({ length: this.rows }, (_, row) => this.#record(row));
  }

  /**
   * RFC 4180 text; missing values are empty, lists and records are JSON.
   *
   * @throws HeadgateError `NOT_TABULAR` for a tensor column.
   */
  toCsv(): string {
    for (const [name, column] of this.#columns) if (column.type === 'tensor') throw notTabular(name);
    return csvText(
      this.columnNames,
      Array.from({ length: this.rows }, (_, row) => [...this.#columns.values()].map((column) => column.value(row))),
    );
  }

  /**
   * A danfo.js DataFrame.
   *
   * @throws HeadgateError `MISSING_PACKAGE` when `danfojs-node` is not installed, `NOT_TABULAR` for a tensor column.
   */
  toDanfo(): Promise<DanfoFrame> {
    for (const [name, column] of this.#columns) if (column.type === 'tensor') throw notTabular(name);
    const columns = [...this.#columns.values()];
    const rows = Array.from({ length: this.rows }, (_, row) => columns.map((column) => column.value(row)));
    return danfoFrame(this.columnNames, rows);
  }

  #record(row: number): Row {
    // Object.fromEntries defines own properties, so that a column named `__proto__` is a column and nothing more
    return Object.fromEntries([...this.#columns].map(([name, column]) => [name, column.value(row)]));
  }

  #indices(): Uint32Array {
    return Uint32Array.from({ length: this.rows }, (_, row) => row);
  }
}

/** @throws HeadgateError `INVALID_DATA` */
export function asTable(data: TableLike): Table {
  if (data instanceof Table) return data;
  if (Array.isArray(data)) return Table.fromRecords(data);
  throw new HeadgateError({
    code: 'INVALID_DATA',
    path: 'data',
    problem: 'This is not data.',
    expected: 'a Table or an array of records',
    received: show(data),
    mend: 'Columns become a table with Table.fromColumns(columns).',
  });
}

function columnFrom(name: string, source: ColumnSource): Column {
  if (Array.isArray(source)) return columnOf(source);
  if (ArrayBuffer.isView(source) && 'length' in source) return columnOf(source);
  if (typeof source === 'object' && source !== null && 'data' in source && 'shape' in source) {
    if (source.data instanceof Float32Array || source.data instanceof Uint8Array) return tensorColumnOf(name, source);
  }
  throw new HeadgateError({
    code: 'INVALID_COLUMN',
    path: `columns.${name}`,
    problem: 'These are not the values of a column.',
    expected: 'an array, a typed array, or { data: Float32Array | Uint8Array, shape: number[] }',
    received: show(source),
  });
}

function unequalColumns([first, a]: readonly [string, Column], [second, b]: readonly [string, Column]): HeadgateError {
  return new HeadgateError({
    code: 'UNEQUAL_COLUMNS',
    path: `columns.${second}`,
    problem: 'All columns must have the same number of rows.',
    expected: `${a.rows} rows, as in "${first}"`,
    received: `${b.rows} rows`,
    mend: 'Use null for values that are missing.',
  });
}

function invalidRecord(row: number, record: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_RECORD',
    path: `rows[${row}]`,
    problem: 'A row must be an object from column names to values.',
    expected: 'an object',
    received: show(record),
  });
}

/** The error for a column name that the table lacks. */
export function unknownColumn(name: string, columnNames: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_COLUMN',
    path: `columns.${name}`,
    problem: `The table has no column "${name}".`,
    expected: `one of ${show(columnNames)}`,
    suggestion: didYouMean(name, columnNames),
  });
}

function unknownRow(row: number, rows: number): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_ROW',
    path: `rows[${row}]`,
    problem: 'The table has no such row.',
    expected: rows === 0 ? 'no row: the table is empty' : `an integer from 0 to ${rows - 1}`,
    received: show(row),
  });
}

function notTabular(name: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_TABULAR',
    path: `columns.${name}`,
    problem: 'A tensor column does not fit in a flat table.',
    mend: `Leave it out: table.drop(${show(name)}).`,
  });
}
