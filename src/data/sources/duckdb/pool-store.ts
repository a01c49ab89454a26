/**
 * @file The rows of a pool as they are held: numbers row by row, as DuckDB gives them, so that a row that is taken at random
 * is a few neighbouring bytes, and not one from each of many columns. What is taken is copied, and the store is filled anew
 * with the next pool.
 */
import type { DuckDBVector } from '@duckdb/node-api';
import { booleanColumn, type Column, type NumberColumn, stridedColumn } from '../../column.js';
import { Table } from '../../table.js';
import type { ColumnFacts } from './column-plan.js';
import { type ColumnStore, columnStore, numbersOf, type OnLoss, rowsOfVector } from './column-store.js';
import type { FileColumn, ParquetFile } from './parquet-set.js';

export interface PoolStore {
  readonly reading: (file: ParquetFile) => FileReading;
  /** These rows, in arrays of their own. */
  readonly rowsAt: (rows: Uint32Array) => Table;
  /** Makes all rows missing. */
  readonly clear: () => void;
}

/** How the rows of a file come into the store. */
export interface FileReading {
  /** SQL of the vectors that are read; none where the file has no value of any column. */
  readonly select: readonly string[];
  /** The next rows, from row `at` of the pool on. */
  readonly take: (vectors: readonly DuckDBVector[], at: number) => void;
}

type Numbers = Float32Array | Float64Array;

/** Numbers of one type, `[rows, names]`, NaN where missing. */
interface Pack {
  readonly names: readonly string[];
  readonly type: 'FLOAT' | 'DOUBLE';
  readonly values: Numbers;
}

export function poolStore(columns: readonly ColumnFacts[], rows: number, onLoss: OnLoss): PoolStore {
  const packs = [packOf('FLOAT', columns, rows), packOf('DOUBLE', columns, rows)].filter(
    ({ names }) => names.length > 0,
  );
  const stores = new Map<string, ColumnStore>();
  for (const { name, reading } of columns) {
    if (isPacked(reading)) continue;
    const store = columnStore(reading, rows, (row) => onLoss(1, row, name));
    stores.set(name, store);
  }
  const booleans = new Set(columns.flatMap(({ name, reading }) => (reading.kind === 'boolean' ? [name] : [])));
  return {
    reading: (file) => joinedReading([...packReadings(packs, file), ...columnReadings(file, stores, onLoss)]),
    rowsAt: (wanted) => {
      const taken = new Map(packs.flatMap((pack) => unpacked(pack, wanted, booleans)));
      for (const [name, store] of stores) taken.set(name, store.rowsAt(wanted));
      const ordered = columns.flatMap(({ name }) => {
        const column = taken.get(name);
        return column === undefined ? [] : [[name, column] as const];
      });
      return Table.ofColumns(new Map(ordered), wanted.length);
    },
    clear: () => {
      for (const { values } of packs) values.fill(Number.NaN);
      for (const store of stores.values()) store.clear();
    },
  };
}

function isPacked({ kind }: ColumnFacts['reading']): boolean {
  return kind === 'number' || kind === 'boolean';
}

function packOf(type: Pack['type'], columns: readonly ColumnFacts[], rows: number): Pack {
  const isNarrow = (reading: ColumnFacts['reading']) => reading.kind !== 'number' || reading.isNarrow;
  const names = columns.flatMap(({ name, reading }) =>
    isPacked(reading) && isNarrow(reading) === (type === 'FLOAT') ? [name] : [],
  );
  const size = rows * names.length;
  return { names, type, values: type === 'FLOAT' ? new Float32Array(size) : new Float64Array(size) };
}

/** SQL makes the rows: copied one number after another into their places, they would take ten times as long. */
function packReadings(packs: readonly Pack[], { columns }: ParquetFile): readonly FileReading[] {
  const sql = new Map(columns.map(({ name, select }) => [name, select[0]]));
  return packs.flatMap(({ names, type, values }): readonly FileReading[] => {
    if (names.every((name) => sql.get(name) === undefined)) return [];
    const parts = names.map((name) => `${sql.get(name) ?? "'NaN'"}::${type}`);
    return [
      {
        select: [`[${parts.join(', ')}]::${type}[${names.length}]`],
        take: ([vector], at) => values.set(rowsOfVector(vector, type), at * names.length),
      },
    ];
  });
}

/** Of columns that are no single numbers, and of what is lost of those that are. */
function columnReadings(
  { columns }: ParquetFile,
  stores: ReadonlyMap<string, ColumnStore>,
  onLoss: OnLoss,
): readonly FileReading[] {
  return columns.map(({ name, select }: FileColumn): FileReading => {
    const store = stores.get(name);
    const width = store?.width ?? 0;
    return {
      select: store === undefined ? select.slice(1) : select,
      take: (vectors, at) => {
        if (width > 0 && vectors.length > 0) store?.take(vectors, at);
        const losses = numbersOf(vectors[width]); // none where nothing can be lost
        for (let i = 0; i < losses.length; i++) if (losses[i] !== 0) onLoss(losses[i] === 1 ? 1 : 2, at + i, name);
      },
    };
  });
}

function joinedReading(readings: readonly FileReading[]): FileReading {
  const own = readings.filter(({ select }) => select.length > 0);
  return {
    select: own.flatMap(({ select }) => select),
    take: (vectors, at) => {
      let first = 0;
      for (const { select, take } of own) {
        take(vectors.slice(first, first + select.length), at);
        first += select.length;
      }
    },
  };
}

function unpacked({ names, values }: Pack, rows: Uint32Array, booleans: ReadonlySet<string>): [string, Column][] {
  const width = names.length;
  const size = rows.length * width;
  const all = values instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  for (let start = 0; start < rows.length; start += TOUCHED) {
    const end = Math.min(rows.length, start + TOUCHED);
    copyRows(values, rows, all, { start, end, width, step: CACHE_LINE }); // what is asked for at once comes at once
    copyRows(values, rows, all, { start, end, width, step: 1 });
  }
  return names.map((name, k) => {
    const numbers = stridedColumn({ values: all, first: k, step: width }, rows.length);
    return [name, booleans.has(name) ? booleanOf(numbers) : numbers];
  });
}

/** Numbers of a line of the processor's caches, at least; and rows that are fetched together, of which none is in a cache. */
const CACHE_LINE = 8;
const TOUCHED = 32;

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly width: number;
  /** Each number, or one of so many. */
  readonly step: number;
}

function copyRows(from: Numbers, rows: Uint32Array, to: Numbers, { start, end, width, step }: Stretch): void {
  for (let i = start; i < end; i++) {
    const first = (rows[i] as number) * width; // rows of the store
    for (let k = 0, at = i * width; k < width; k += step) to[at + k] = from[first + k] as number;
  }
}

function booleanOf({ values: numbers }: NumberColumn): Column {
  const present = new Uint8Array(numbers.length);
  const values = new Uint8Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i];
    if (number !== 0 && number !== 1) continue; // 255 or NaN
    present[i] = 1;
    values[i] = number;
  }
  return booleanColumn(values, present);
}
