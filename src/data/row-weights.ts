/** @file A column that says how much each row counts. */
import { HeadgateError, show } from '../errors.js';
import type { RowPath } from './row-path.js';
import type { Table } from './table.js';
import { unknownColumn } from './table-errors.js';

/**
 * The weights of a chunk's rows.
 *
 * @throws HeadgateError `UNKNOWN_COLUMN`, and `INVALID_WEIGHT` for what is no finite number from 0 on
 */
export function rowWeights(table: Table, name: string, path: RowPath): Float32Array {
  if (!table.has(name)) {
    const facts = unknownColumn(name, table.columnNames);
    throw new HeadgateError({
      ...facts,
      path: 'fit.sampleWeight',
      problem: `The rows have no column "${name}", by which they are weighed.`,
    });
  }
  const column = table.column(name);
  return Float32Array.from({ length: table.rows }, (_, row) => {
    const value: unknown = column.value(row);
    const weight = typeof value === 'number' ? Math.fround(value) : Number.NaN;
    if (weight >= 0 && Number.isFinite(weight)) return weight;
    throw new HeadgateError({
      code: 'INVALID_WEIGHT',
      path: path(row, name),
      problem: 'A row cannot count as much as this.',
      expected: 'a finite number from 0 on, within the range of float32',
      received: show(value),
      mend: 'Give every row a weight: 1 counts as a row without weights does, 0 leaves its labels out.',
    });
  });
}
