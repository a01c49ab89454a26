/** @file An immutable in-memory table: named columns of equal length, each with a mark of which values are there. */
import { HeadgateError, show } from '../errors.js';
import { type Note, note } from '../notes.js';
import { invalidOption } from '../options.js';
import { type Column, columnOf, missingColumn, type NumberArray, type TensorSource, tensorColumnOf } from './column.js';
import { composed, concatColumns, type RowIndex, rowsOfColumn } from './column-view.js';
import { csvText } from './csv-text.js';
import { type DanfoFrame, type DanfoLike, danfoColumns, danfoFrame, isDanfo } from './danfo.js';
import { lazyRows, type Row, rowOf } from './row.js';
import { type ShardOptions, shardRows } from './shards.js';
import { type SplitOptions, splitRows } from './splits/split.js';
import {
  invalidData,
  notTabular,
  requireColumnName,
  requireFunction,
  requireList,
  requireRowBound,
  unequalColumns,
  unknownColumn,
  unknownRow,
} from './table-errors.js';

/** A column's values: a list, numbers in a typed array, or rows of a fixed shape. */
export type ColumnSource = readonly unknown[] | NumberArray | TensorSource;

/** Rows that are all there. */
export type TableLike = Table | readonly Row[] | DanfoLike;

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
  /** Sentences about what looks like a slip, for the user to read. */
  readonly notes: readonly Note[];
  readonly #columns: ReadonlyMap<string, Part>;
  readonly #origin: Origin;
  readonly #views = new Map<string, Column>();

  private constructor(columns: ReadonlyMap<string, Part>, rows: number, origin: Origin, notes: readonly Note[] = []) {
    this.#columns = columns;
    this.#origin = origin;
    this.rows = rows;
    this.columnNames = Object.freeze([...columns.keys()]);
    this.notes = Object.freeze([...notes]);
    Object.freeze(this);
  }

  /** Tells a table from a record, where one is given as a row or as options. */
  get [Symbol.toStringTag](): string {
    return 'Table';
  }

  /**
   * The columns are all keys of all records, in order of first appearance; a key that a record lacks is missing there.
   *
   * @throws HeadgateError `INVALID_DATA`, and `INVALID_RECORD` for a row that is not an object.
   * @example Table.fromRecords([{ age: 29, sex: 'female' }, { age: null, sex: 'male' }])
   */
  static fromRecords(records: readonly Row[]): Table {
    if (!Array.isArray(records)) throw invalidData(records);
    const values = new Map<string, unknown[]>();
    for (const [row, record] of records.entries()) {
      for (const [name, value] of Object.entries(rowOf(record, row))) {
        let column = values.get(name);
        if (column === undefined) {
          column = new Array<unknown>(records.length).fill(null);
          values.set(name, column);
        }
        column[row] = value;
      }
    }
    return Table.ofColumns(new Map([...values].map(([name, column]) => [name, columnOf(column)])), records.length);
  }

  /**
   * Lists and typed arrays of numbers are copied; the data of `{ data, shape }` is kept, so do not write to it later.
   *
   * @throws HeadgateError `UNEQUAL_COLUMNS`, `WRONG_SHAPE`, `INVALID_COLUMN`
   * @example
   * Table.fromColumns({
   *   frame: { data: new Uint8Array(2 * 64 * 64 * 3), shape: [64, 64, 3] }, // one row's shape
   *   doorOpen: [true, null],
   * });
   */
  static fromColumns(columns: Readonly<Record<string, ColumnSource>>): Table {
    if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) throw invalidData(columns);
    const built = new Map<string, Column>();
    for (const [name, source] of Object.entries(columns)) built.set(name, columnFrom(name, source));
    const [first, ...others] = [...built];
    for (const [name, column] of others) {
      if (first !== undefined && column.rows !== first[1].rows) throw unequalColumns(first, [name, column]);
    }
    return Table.ofColumns(built, first?.[1].rows ?? 0);
  }

  /**
   * The rows of a danfo.js DataFrame; null, undefined and NaN are missing. Every verb reads a DataFrame so by itself. Its index
   * is not read.
   *
   * @throws HeadgateError `DUPLICATE_COLUMN`, `INVALID_DATA` for what is none
   * @example Table.fromDanfo(await table.toDanfo())
   */
  static fromDanfo(frame: DanfoLike): Table {
    if (!isDanfo(frame)) throw invalidData(frame);
    const { columns, rows, notes } = danfoColumns(frame);
    return new Table(partsOf(columns), rows, { source: Symbol('table'), ids: null }, notes);
  }

  /** @internal A table of columns as they are, of `rows` rows each. */
  static ofColumns(columns: ReadonlyMap<string, Column>, rows: number): Table {
    return new Table(partsOf(columns), rows, { source: Symbol('table'), ids: null });
  }

  /**
   * Of each row: its number in the table that it was first read into, counted from 0. Choosing, splitting and shuffling
   * rows keeps it, so that errors and interpretations name the rows of the file. Shared: do not write.
   */
  get ids(): Uint32Array {
    return this.#origin.ids ?? this.#indices();
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /**
   * A column. Its arrays are shared with other tables: do not write to them. Those of chosen rows are gathered when
   * they are first read.
   *
   * @throws HeadgateError `UNKNOWN_COLUMN` with a suggestion.
   */
  column(name: string): Column {
    const part = this.#columns.get(name);
    if (part === undefined) throw unknownColumn(name, this.columnNames);
    if (part.index === null) return part.column;
    const view = this.#views.get(name) ?? rowsOfColumn(part.column, part.index);
    this.#views.set(name, view);
    return view;
  }

  /**
   * The value of a row, counted from 0; null when missing. A tensor's row is a view: do not write to it.
   *
   * @throws HeadgateError `UNKNOWN_COLUMN`, `UNKNOWN_ROW`
   */
  value(row: number, name: string): unknown {
    const column = this.column(name);
    if (!(Number.isInteger(row) && row >= 0 && row < this.rows)) throw unknownRow(row, this.rows);
    return column.value(row);
  }

  /**
   * These rows, in this order; a row may come more than once. No column is copied.
   *
   * @throws HeadgateError `UNKNOWN_ROW`, `INVALID_OPTIONS` for what is no list
   */
  select(rows: ArrayLike<number>): Table {
    requireList('select', rows);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (!(Number.isInteger(row) && row >= 0 && row < this.rows)) throw unknownRow(row, this.rows);
    }
    return this.#choose(Uint32Array.from(rows));
  }

  /** Rows from `start` up to but without `end`; negative numbers count from the end, as in `Array.slice`. */
  slice(start?: number, end?: number): Table {
    for (const bound of [start, end]) requireRowBound(bound);
    return this.#choose(this.#indices().slice(start, end));
  }

  /**
   * The rows for which `keep` is true.
   *
   * @example table.filter((row) => row.age !== null)
   */
  filter(keep: (row: Row, index: number) => boolean): Table {
    requireFunction('filter', keep);
    const row = this.#lazyRows();
    return this.#choose(this.#indices().filter((index) => settled('filter', keep(row(index), index))));
  }

  /**
   * With one more column, or a column replaced, computed row by row. Only columns that the function reads are read.
   *
   * @example table.derive('isMan', (row) => row.sex === 'male')
   */
  derive(name: string, value: (row: Row, index: number) => unknown): Table {
    requireColumnName(name);
    requireFunction('derive', value);
    const row = this.#lazyRows();
    return this.#with(
      name,
      columnOf(Array.from({ length: this.rows }, (_, index) => settled('derive', value(row(index), index)))),
    );
  }

  /**
   * With one more column, or a column replaced.
   *
   * @throws HeadgateError `UNEQUAL_COLUMNS`, `WRONG_SHAPE`, `INVALID_COLUMN`
   */
  with(name: string, values: ColumnSource): Table {
    requireColumnName(name);
    const column = columnFrom(name, values);
    const [first] = this.columnNames;
    if (first === undefined) return Table.ofColumns(new Map([[name, column]]), column.rows);
    if (column.rows !== this.rows) throw unequalColumns([first, this.column(first)], [name, column]);
    return this.#with(name, column);
  }

  /**
   * Without these columns.
   *
   * @throws HeadgateError `UNKNOWN_COLUMN`
   */
  drop(...names: readonly string[]): Table {
    for (const name of names) this.column(name);
    return this.#of(new Map([...this.#columns].filter(([name]) => !names.includes(name))));
  }

  /**
   * With columns renamed: `rename({ old: 'new' })`.
   *
   * @throws HeadgateError `UNKNOWN_COLUMN`, `DUPLICATE_COLUMN`, `INVALID_OPTIONS`
   */
  rename(names: Readonly<Record<string, string>>): Table {
    if (typeof names !== 'object' || names === null)
      throw invalidOption('table.rename', names, { expected: '{ old: "new" }' });
    const renamed = new Map(Object.entries(names));
    for (const name of renamed.values()) requireColumnName(name);
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
    return this.#of(columns);
  }

  /**
   * The rows of this table, then those of the others; a column that one of them lacks is missing there. Rows keep their
   * ids where all tables come from one; else they are numbered anew.
   *
   * @throws HeadgateError `INCOMPATIBLE_COLUMNS`, `INVALID_DATA`
   */
  concat(...others: readonly Table[]): Table {
    const tables = [this, ...others.map(asTable)];
    const names = new Set(tables.flatMap((table) => table.columnNames));
    const columns = [...names].map((name): [string, Column] => {
      const parts = tables.map((table) => (table.has(name) ? table.column(name) : missingColumn(table.rows)));
      return [name, concatColumns(name, parts)];
    });
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const joined = Table.ofColumns(new Map(columns), rows);
    if (tables.some((table) => table.#origin.source !== this.#origin.source)) return joined;
    const ids = Uint32Array.from(tables.flatMap((table) => [...table.ids]));
    return new Table(joined.#columns, rows, { source: this.#origin.source, ids }, this.notes);
  }

  /**
   * Divides the rows at random: `split({ train: 0.8, test: 0.2 }, { seed: 1 })`. The shares must add up to 1.
   * Equal seeds give equal parts. A part without rows is noted on all of them. `stratify` keeps the shares of labels, `group`
   * the rows of one value together, `key` each named row in its part for ever; `time` divides by a column's order.
   *
   * @throws HeadgateError `INVALID_SPLIT`, `INVALID_OPTIONS`, `UNKNOWN_COLUMN`
   * @example table.split({ train: 0.8, test: 0.2 }, { seed: 1, stratify: ['open', 'shirtType'] })
   * @example table.split({ past: 0.9, future: 0.1 }, { time: 'seenAt' })
   */
  split<Name extends string>(shares: Readonly<Record<Name, number>>, options: SplitOptions): Record<Name, Table> {
    const parts = splitRows(this, shares, options);
    const notes = emptyPartNotes(this.rows, parts);
    const tables = parts.map(([name, rows]) => [name, this.#choose(rows, notes)]);
    return Object.fromEntries(tables) as Record<Name, Table>; // the parts are named after the keys of `shares`
  }

  /**
   * As many parts of equal size, by a row at most, at random: every row is in one.
   *
   * @throws HeadgateError `INVALID_SPLIT` for a number that is none from 1 to that of the rows, `INVALID_OPTIONS`
   * @example const [first, second] = table.shards(2, { seed: 1 });
   */
  shards(count: number, options: ShardOptions): Table[] {
    return shardRows(this.rows, count, options).map((rows) => this.#choose(rows));
  }

  toRecords(): Row[] {
    return Array.from({ length: this.rows }, (_, row) => this.#record(row));
  }

  /**
   * RFC 4180 text; missing values are empty, lists and records are JSON. `readCsv` reads back the same table.
   *
   * @throws HeadgateError `NOT_TABULAR` for a tensor column, or a value that would not come back.
   */
  toCsv(): string {
    return csvText(this.columnNames, this.#cells());
  }

  /**
   * A danfo.js DataFrame.
   *
   * @throws HeadgateError `MISSING_PACKAGE` when `danfojs-node` is not installed, `NOT_TABULAR` for a tensor column.
   */
  toDanfo(): Promise<DanfoFrame> {
    return danfoFrame(this.columnNames, this.#cells());
  }

  #cells(): readonly (readonly unknown[])[] {
    const columns = this.columnNames.map((name) => {
      const column = this.column(name);
      if (column.type === 'tensor') throw notTabular(name);
      return column;
    });
    return Array.from({ length: this.rows }, (_, row) => columns.map((column) => column.value(row)));
  }

  #record(row: number): Row {
    // Object.fromEntries defines own properties, so that a column named `__proto__` is a column and nothing more
    return Object.fromEntries(this.columnNames.map((name) => [name, this.column(name).value(row)]));
  }

  #lazyRows(): (row: number) => Row {
    const { columnNames } = this;
    const value = (name: string, row: number) => this.column(name).value(row);
    return lazyRows({ columnNames, has: (name) => this.has(name), value });
  }

  /** Rows that are known to be there. Columns that were chosen from together stay so: one index for all of them. */
  #choose(rows: Uint32Array, notes: readonly Note[] = []): Table {
    const indices = new Map<RowIndex | null, RowIndex>();
    const columns = [...this.#columns].map(([name, { column, index: before }]): [string, Part] => {
      const index = indices.get(before) ?? composed(before, rows);
      indices.set(before, index);
      return [name, { column, index }];
    });
    const { source, ids } = this.#origin;
    const origin = { source, ids: ids === null ? rows : rows.map((row) => ids[row] as number) };
    return new Table(new Map(columns), rows.length, origin, [...this.notes, ...notes]);
  }

  #with(name: string, column: Column): Table {
    return this.#of(new Map([...this.#columns, [name, { column, index: null }]]));
  }

  /** The same rows with other columns. */
  #of(columns: ReadonlyMap<string, Part>): Table {
    return new Table(columns, this.rows, this.#origin, this.notes);
  }

  #indices(): Uint32Array {
    return rowNumbers(this.rows);
  }
}

/** 0, 1, 2, … */
export function rowNumbers(rows: number): Uint32Array {
  const numbers = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) numbers[row] = row;
  return numbers;
}

/** A column that may be shared with other tables, and which of its rows are this table's; null: all, in order. */
interface Part {
  readonly column: Column;
  readonly index: RowIndex | null;
}

function partsOf(columns: ReadonlyMap<string, Column>): ReadonlyMap<string, Part> {
  return new Map([...columns].map(([name, column]): [string, Part] => [name, { column, index: null }]));
}

/** Where the rows were first read, and their numbers there; null: they are all of them, in order. */
interface Origin {
  readonly source: symbol;
  readonly ids: Uint32Array | null;
}

/** @throws HeadgateError `INVALID_DATA` */
export function asTable(data: TableLike): Table {
  if (data instanceof Table) return data;
  if (Array.isArray(data)) return Table.fromRecords(data);
  if (isDanfo(data)) return Table.fromDanfo(data);
  throw invalidData(data);
}

function emptyPartNotes(rows: number, parts: readonly (readonly [string, Uint32Array])[]): readonly Note[] {
  return parts
    .filter((part) => part[1].length === 0)
    .map(([name]) => {
      const text = `The part ${show(name)} of a split of ${rows} ${rows === 1 ? 'row' : 'rows'} has no rows.`;
      return note('EMPTY_PART', `split.${name}`, text);
    });
}

/** A promise is no value, and as an answer it would always be yes. */
function settled<T>(verb: 'filter' | 'derive', answer: T): T {
  if (!(answer instanceof Promise)) return answer;
  answer.catch(() => {}); // this error says what is wrong
  throw invalidOption(`table.${verb}`, answer, {
    expected: 'a function that answers at once',
    mend: 'Await what it needs before, and keep the function itself from being async.',
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
