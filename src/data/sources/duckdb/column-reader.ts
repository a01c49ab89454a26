/** @file Vectors of DuckDB, some thousand rows each, become whole columns of a table. */
import type { DuckDBValue, DuckDBVector } from '@duckdb/node-api';
import {
  booleanColumn,
  type Column,
  numberColumn,
  objectColumn,
  sizeOf,
  stringColumn,
  tensorColumn,
} from '../../column.js';
import type { ColumnFacts, Reading } from './column-plan.js';

/** A column that is being filled. */
export interface ColumnReader {
  /** The next rows, from row `at` of the column on. Rows that are never taken are missing. */
  readonly take: (vectors: readonly DuckDBVector[], at: number) => void;
  readonly column: () => Column;
}

/** Without the vector that tells of losses, which is the last. */
interface ValueReader extends ColumnReader {
  readonly width: number;
}

/** Of a value that the table cannot hold (1), or not to its last digit (2). */
export type OnLoss = (loss: 1 | 2, row: number, column: string) => void;

/** @param rows of the whole column */
export function columnReader({ name, reading }: ColumnFacts, rows: number, onLoss: OnLoss): ColumnReader {
  const own = readerOf(reading, rows, (row) => onLoss(1, row, name));
  return {
    column: own.column,
    take: (vectors, at) => {
      own.take(vectors, at);
      const losses = numbersOf(vectors[own.width]); // none where nothing can be lost
      for (let i = 0; i < losses.length; i++) if (losses[i] !== 0) onLoss(losses[i] === 1 ? 1 : 2, at + i, name);
    },
  };
}

function readerOf(reading: Reading, rows: number, lost: (row: number) => void): ValueReader {
  switch (reading.kind) {
    case 'number':
      return numberReader(rows);
    case 'boolean':
      return booleanReader(rows);
    case 'tensor':
      return tensorReader(reading, rows, lost);
    case 'text':
      return textReader(rows);
    case 'instant':
      return objectReader(rows, (value) => (Number.isNaN(value) ? null : new Date(Number(value))));
    case 'bytes':
      return objectReader(rows, (value) => bytesOf(value));
    case 'json':
      return objectReader(rows, (value, row) => parsed(String(value), () => lost(row)));
    case 'nested':
      return objectReader(rows, (value, row) => plainOf(value, () => lost(row)));
  }
}

function numberReader(rows: number): ValueReader {
  const values = new Float64Array(rows).fill(Number.NaN);
  const present = new Uint8Array(rows);
  const take = ([vector]: readonly DuckDBVector[], at: number): void => {
    const items = numbersOf(vector);
    values.set(items, at);
    for (let i = 0; i < items.length; i++) present[at + i] = Number.isNaN(items[i]) ? 0 : 1;
  };
  return { width: 1, take, column: () => numberColumn(values, present) };
}

function booleanReader(rows: number): ValueReader {
  const values = new Uint8Array(rows);
  const present = new Uint8Array(rows);
  const take = ([vector]: readonly DuckDBVector[], at: number): void => {
    const items = numbersOf(vector);
    for (let i = 0; i < items.length; i++) {
      if (items[i] === 255) continue;
      present[at + i] = 1;
      values[at + i] = items[i] as number;
    }
  };
  return { width: 1, take, column: () => booleanColumn(values, present) };
}

type TensorReading = Extract<Reading, { kind: 'tensor' }>;

function tensorReader({ shape, isByte }: TensorReading, rows: number, lost: (row: number) => void): ValueReader {
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
  return { width: 2, take, column: () => tensorColumn(values, shape, present) };
}

function textReader(rows: number): ValueReader {
  const values = new Array<string | null>(rows).fill(null);
  const present = new Uint8Array(rows);
  const take = ([vector]: readonly DuckDBVector[], at: number): void => {
    for (let i = 0; i < (vector?.itemCount ?? 0); i++) {
      const value = vector?.getItem(i);
      if (typeof value !== 'string') continue;
      values[at + i] = value;
      present[at + i] = 1;
    }
  };
  return { width: 1, take, column: () => stringColumn(values, present) };
}

function objectReader(rows: number, made: (value: DuckDBValue, row: number) => unknown): ValueReader {
  const values = new Array<unknown>(rows).fill(null);
  const present = new Uint8Array(rows);
  const take = ([vector]: readonly DuckDBVector[], at: number): void => {
    for (let i = 0; i < (vector?.itemCount ?? 0); i++) {
      const item = vector?.getItem(i) ?? null;
      const value = item === null ? null : made(item, at + i);
      if (value === null) continue;
      values[at + i] = value;
      present[at + i] = 1;
    }
  };
  return { width: 1, take, column: () => objectColumn(values, present) };
}

type Numbers = Float32Array | Float64Array | Uint8Array;

/** The package keeps a vector's numbers in an array of its own; asked one by one they take five times as long. */
function numbersOf(vector: DuckDBVector | undefined): Numbers {
  if (vector === undefined) return new Float64Array(0);
  const items: unknown = Reflect.get(vector, 'items');
  if (items instanceof Float32Array || items instanceof Float64Array || items instanceof Uint8Array) return items;
  return Float64Array.from({ length: vector.itemCount }, (_, i) => Number(vector.getItem(i) ?? Number.NaN));
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
    row: (row) => {
      const value = vector?.getItem(row);
      return typeof value === 'object' && value !== null && 'items' in value ? value.items : [];
    },
  };
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
