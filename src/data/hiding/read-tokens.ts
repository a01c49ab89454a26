/** @file The tokens of rows that may have cells which no fit would read: those are all padding. */
import { refusalOf } from '../../errors.js';
import type { InputSpec } from '../../flow/graph.js';
import { type ColumnReader, columnReaders } from '../columns/readers.js';
import type { Table } from '../table.js';

/** Of an input of texts, `[rows, length]`. Who tells of the cells that are refused is somebody else. */
export function readTokens(table: Table, input: string, spec: InputSpec): Float32Array {
  const [{ name, kind, encoder }] = columnReaders(input, spec) as [ColumnReader]; // a text is one column
  const values = new Float32Array(table.rows * kind.width);
  const column = table.has(name) ? table.column(name) : null;
  const read = (cell: unknown, row: number): void => {
    encoder.encode(cell, { values, offset: row * kind.width }, () => name);
  };
  for (let row = 0; row < table.rows; row++) {
    const cell: unknown = column?.value(row) ?? null; // no such column: all are missing
    if (refusalOf(() => read(cell, row)) !== null) read(null, row);
  }
  return values;
}
