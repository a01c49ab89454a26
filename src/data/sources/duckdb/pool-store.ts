/**
 * @file The rows of a pool as they are held: numbers row by row, so that a row that is taken at random is a few neighbouring
 * bytes, and not one from each of many columns. What is taken is copied, and the store is filled anew with the next pool.
 */
import type { DuckDBVector } from '@duckdb/node-api';
import { booleanColumn, type Column, numberColumn } from '../../column.js';
import { Table } from '../../table.js';
import type { ColumnFacts } from './column-plan.js';
import { type ColumnStore, columnStore, numbersOf, type OnLoss, presentNumbers } from './column-store.js';

export interface PoolStore {
  /** The next rows of a column, from row `at` of the pool on. */
  readonly take: (column: string, vectors: readonly DuckDBVector[], at: number) => void;
  /** These rows, in arrays of their own. */
  readonly rowsAt: (rows: Uint32Array) => Table;
  /** Makes all rows missing. */
  readonly clear: () => void;
}

/** Whose numbers are held row by row. */
interface Packed {
  readonly names: readonly string[];
  readonly values: Float32Array | Float64Array;
}

export function poolStore(columns: readonly ColumnFacts[], rows: number, onLoss: OnLoss): PoolStore {
  const namesOf = (isNarrow: boolean) =>
    columns.flatMap(({ name, reading }) => (isPacked(reading) && isNarrowNumber(reading) === isNarrow ? [name] : []));
  const [narrow, wide] = [namesOf(true), namesOf(false)];
  const packs: readonly Packed[] = [
    { names: narrow, values: new Float32Array(rows * narrow.length) },
    { names: wide, values: new Float64Array(rows * wide.length) },
  ];
  const places = new Map(packs.flatMap((pack) => pack.names.map((name, place) => [name, { pack, place }] as const)));
  const stores = new Map<string, ColumnStore>();
  for (const { name, reading } of columns) {
    if (!isPacked(reading))
      stores.set(
        name,
        columnStore(reading, rows, (row) => onLoss(1, row, name)),
      );
  }
  const booleans = new Set(columns.flatMap(({ name, reading }) => (reading.kind === 'boolean' ? [name] : [])));
  return {
    take: (name, vectors, at) => {
      const packed = places.get(name);
      const store = stores.get(name);
      if (packed !== undefined) pack(packed.pack, packed.place, numbersOf(vectors[0]), at);
      store?.take(vectors, at);
      const losses = numbersOf(vectors[store?.width ?? 1]); // none where nothing can be lost
      for (let i = 0; i < losses.length; i++) if (losses[i] !== 0) onLoss(losses[i] === 1 ? 1 : 2, at + i, name);
    },
    rowsAt: (wanted) => {
      const taken = new Map<string, Column>(packs.flatMap((own) => unpacked(own, wanted, booleans)));
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

function isNarrowNumber(reading: ColumnFacts['reading']): boolean {
  return reading.kind === 'boolean' || (reading.kind === 'number' && reading.isNarrow);
}

function pack({ names, values }: Packed, place: number, items: ArrayLike<number>, at: number): void {
  const width = names.length;
  for (let i = 0, to = at * width + place; i < items.length; i++, to += width) values[to] = items[i] as number; // within
}

/** Keeps columns that are written side by side out of each other's cache lines: their distance is no power of two. */
const GAP = 8;

function unpacked({ names, values }: Packed, rows: Uint32Array, booleans: ReadonlySet<string>): [string, Column][] {
  const width = names.length;
  const distance = rows.length + GAP;
  const all = new Float64Array(width * distance);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * width;
    for (let k = 0, to = i; k < width; k++, to += distance) all[to] = values[from + k] as number; // rows of the store
  }
  return names.map((name, k) => {
    const own = all.subarray(k * distance, k * distance + rows.length);
    return [name, booleans.has(name) ? booleanOf(own) : numberColumn(own, presentNumbers(own))];
  });
}

function booleanOf(numbers: Float64Array): Column {
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
