/** @file Columns of a pool that are no single numbers: filled from DuckDB's vectors, some thousand rows each. */
import type { DuckDBValue, DuckDBVector } from '@duckdb/node-api';
import { type Column, objectColumn, sizeOf, stringColumn, tensorColumn } from '../../column.js';
import type { Reading } from './column-plan.js';

export interface ColumnStore {
  /** Vectors that its values come in. */
  readonly width: number;
  /** The next rows, from row `at` on. */
  readonly take: (vectors: readonly DuckDBVector[], at: number) => void;
  /** These rows, in arrays of their own. */
  readonly rowsAt: (rows: Uint32Array) => Column;
  /** Makes all rows missing. */
  readonly clear: () => void;
}

/** Of a value that the table cannot hold (1), or not to its last digit (2). */
export type OnLoss = (loss: 1 | 2, row: number, column: string) => void;

export function columnStore(reading: Reading, rows: number, lost: (row: number) => void): ColumnStore {
  switch (reading.kind) {
    case 'tensor':
      return tensorStore(reading, rows, lost);
    case 'text':
      return listStore(rows, (value) => value, stringsOf);
    case 'instant':
      return listStore(rows, (value) => (Number.isNaN(value) ? null : new Date(Number(value))), objectColumn);
    case 'bytes':
      return listStore(rows, (value) => bytesOf(value), objectColumn);
    case 'json':
      return listStore(rows, (value, row) => parsed(String(value), () => lost(row)), objectColumn);
    default: // numbers and booleans are not held by the column
      return listStore(rows, (value, row) => plainOf(value, () => lost(row)), objectColumn);
  }
}

type TensorReading = Extract<Reading, { kind: 'tensor' }>;

function tensorStore({ shape, isByte }: TensorReading, rows: number, lost: (row: number) => void): ColumnStore {
  const size = sizeOf(shape);
  const values = isByte ? new Uint8Array(rows * size) : new Float32Array(rows * size);
  const present = new Uint8Array(rows);
  const take = ([vector, here]: readonly DuckDBVector[], at: number): void => {
    const isPresent = numbersOf(here);
    present.set(isPresent, at);
    const items = childOf(vector);
    for (let row = 0; row < isPresent.length; row++) {
      if (isPresent[row] === 0) continue;
      const start = (at + row) * size;
      if (items.whole !== null) {
        values.set(items.whole.subarray(row * size, (row + 1) * size), start);
        continue;
      }
      const cells = items.row(row);
      if (isByte && cells.includes(null)) lost(at + row);
      for (let i = 0; i < size; i++) values[start + i] = Number(cells[i] ?? Number.NaN);
    }
  };
  const rowsAt = (wanted: Uint32Array): Column => {
    const own = isByte ? new Uint8Array(wanted.length * size) : new Float32Array(wanted.length * size);
    const there = Uint8Array.from(wanted, (row) => present[row] ?? 0);
    for (const [i, row] of wanted.entries()) {
      if (there[i] === 1) own.set(values.subarray(row * size, (row + 1) * size), i * size);
    }
    return tensorColumn(own, shape, there);
  };
  return { width: 2, take, rowsAt, clear: () => present.fill(0) };
}

function stringsOf(values: readonly unknown[], present: Uint8Array): Column {
  return stringColumn(values as readonly (string | null)[], present); // of a column of texts
}

function listStore(
  rows: number,
  made: (value: DuckDBValue, row: number) => unknown,
  columnFrom: (values: readonly unknown[], present: Uint8Array) => Column,
): ColumnStore {
  const values = new Array<unknown>(rows).fill(null);
  const take = ([vector]: readonly DuckDBVector[], at: number): void => {
    for (let i = 0; i < (vector?.itemCount ?? 0); i++) {
      const item = vector?.getItem(i) ?? null;
      values[at + i] = item === null ? null : made(item, at + i);
    }
  };
  const rowsAt = (wanted: Uint32Array): Column => {
    const own = Array.from(wanted, (row) => values[row] ?? null);
    return columnFrom(
      own,
      Uint8Array.from(own, (value) => (value === null ? 0 : 1)),
    );
  };
  return { width: 1, take, rowsAt, clear: () => values.fill(null) };
}

type Numbers = Float32Array | Float64Array | Uint8Array;

/** The package keeps a vector's numbers in an array of its own; asked one by one they take five times as long. */
export function numbersOf(vector: DuckDBVector | undefined): Numbers {
  if (vector === undefined) return new Float64Array(0);
  const items: unknown = Reflect.get(vector, 'items');
  if (items instanceof Float32Array || items instanceof Float64Array || items instanceof Uint8Array) return items;
  return Float64Array.from({ length: vector.itemCount }, (_, i) => Number(vector.getItem(i) ?? Number.NaN));
}

/** The numbers of fixed arrays without a missing element, one array after another. */
export function rowsOfVector(vector: DuckDBVector | undefined, type: 'FLOAT' | 'DOUBLE'): ArrayLike<number> {
  const items: unknown = Reflect.get(
    Object(vector === undefined ? undefined : Reflect.get(vector, 'childData')),
    'items',
  );
  if (type === 'FLOAT' ? items instanceof Float32Array : items instanceof Float64Array)
    return items as ArrayLike<number>; // one of these
  return Array.from({ length: vector?.itemCount ?? 0 }, (_, row) => itemsOf(vector?.getItem(row)))
    .flat()
    .map(Number);
}

interface Cells {
  /** All rows, one after another; null where an element may be missing. */
  readonly whole: Numbers | null;
  readonly row: (row: number) => readonly DuckDBValue[];
}

function childOf(vector: DuckDBVector | undefined): Cells {
  const child: unknown = vector === undefined ? undefined : Reflect.get(vector, 'childData');
  const items: unknown = Reflect.get(Object(child), 'items');
  const isWhole = Reflect.get(Object(Reflect.get(Object(child), 'validity')), 'data') === null;
  return {
    whole: isWhole && (items instanceof Float32Array || items instanceof Uint8Array) ? items : null,
    row: (row) => itemsOf(vector?.getItem(row)),
  };
}

function itemsOf(value: DuckDBValue | undefined): readonly DuckDBValue[] {
  return typeof value === 'object' && value !== null && 'items' in value ? value.items : [];
}

/** A copy: small ones are views into a vector. */
function bytesOf(value: DuckDBValue): Uint8Array | null {
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return null;
  return Uint8Array.from(value.bytes);
}

function parsed(text: string, lost: () => void): unknown {
  const value: unknown = JSON.parse(text);
  const wholes = /\d{16}/.test(text)
    ? text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').match(/(?<![\d.])-?\d{16,}(?![\d.eE])/g)
    : [];
  for (const whole of wholes ?? []) if (BigInt(Number(whole)) !== BigInt(whole)) lost();
  return value;
}

/** As JSON would have it: lists, records, and numbers that a double holds. */
function plainOf(value: unknown, lost: () => void): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (BigInt(number) !== value) lost();
    return number;
  }
  if (typeof value !== 'object' || value === null) return value;
  if ('toDouble' in value && typeof value.toDouble === 'function') return Number(value.toDouble());
  if ('items' in value && Array.isArray(value.items)) return value.items.map((item) => plainOf(item, lost));
  if ('entries' in value && typeof value.entries === 'object' && value.entries !== null) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, plainOf(entry, lost)]));
  }
  return value;
}
