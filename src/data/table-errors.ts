/** @file What a table says of a column, row or argument that is none. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import { invalidOption } from '../options.js';
import type { Column } from './column.js';

export function invalidData(received: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_DATA',
    path: 'data',
    problem: 'This is not data.',
    expected: 'a Table, an array of records, a DataFrame of danfo.js or, for a verb, a source',
    received: show(received),
    mend: mendFor(received),
  });
}

function mendFor(received: unknown): string {
  if (typeof received === 'string') return 'Read a file first: const { table } = await readCsv(path).';
  if (received instanceof Promise) return 'Await it first.';
  if (typeof received === 'object' && received !== null && 'table' in received) return 'Pass its table: result.table.';
  return 'Columns become a table with Table.fromColumns(columns).';
}

export function requireList(verb: string, given: unknown): void {
  if (Array.isArray(given) || (ArrayBuffer.isView(given) && 'length' in given)) return;
  throw invalidOption(`table.${verb}`, given, { expected: 'a list of row numbers, counted from 0' });
}

export function requireColumnName(name: unknown): void {
  if (typeof name === 'string') return;
  throw new HeadgateError({
    code: 'INVALID_COLUMN',
    path: `columns.${String(name)}`,
    problem: 'A column is named by a text.',
    expected: 'a string',
    received: show(name),
  });
}

export function requireRowBound(given: unknown): void {
  if (given === undefined || Number.isInteger(given)) return;
  throw invalidOption('table.slice', given, { expected: 'whole numbers; negative ones count from the end' });
}

export function requireFunction(verb: string, given: unknown): void {
  if (typeof given === 'function') return;
  throw invalidOption(`table.${verb}`, given, { expected: 'a function of the row' });
}

export function unequalColumns(
  [first, a]: readonly [string, Column],
  [second, b]: readonly [string, Column],
): HeadgateError {
  return new HeadgateError({
    code: 'UNEQUAL_COLUMNS',
    path: `columns.${second}`,
    problem: 'All columns must have the same number of rows.',
    expected: `${a.rows} rows, as in "${first}"`,
    received: `${b.rows} rows`,
    mend: 'Use null for values that are missing.',
  });
}

/** The error for a column name that the table lacks. */
export function unknownColumn(name: unknown, columnNames: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_COLUMN',
    path: `columns.${String(name)}`,
    problem: `The table has no column ${typeof name === 'string' ? `"${name}"` : show(name)}.`,
    expected: `one of ${show(columnNames)}`,
    suggestion: typeof name === 'string' ? didYouMean(name, columnNames) : undefined,
  });
}

export function unknownRow(row: number, rows: number): HeadgateError {
  return new HeadgateError({
    code: 'UNKNOWN_ROW',
    path: `rows[${row}]`,
    problem: 'The table has no such row.',
    expected: rows === 0 ? 'no row: the table is empty' : `an integer from 0 to ${rows - 1}`,
    received: show(row),
  });
}

export function notTabular(name: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_TABULAR',
    path: `columns.${name}`,
    problem: 'A tensor column does not fit in a flat table.',
    mend: `Leave it out: table.drop(${show(name)}).`,
  });
}
