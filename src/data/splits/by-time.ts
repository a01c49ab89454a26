/** @file Splitting by time: earlier parts have earlier rows. */
import { HeadgateError, show } from '../../errors.js';
import type { Parts, SplitColumn } from './parts.js';

/**
 * Rows in order of time, those of equal times in their own order. A part ends where it would without ties, or at the end of the rows of
 * the time that it would end in.
 *
 * @throws HeadgateError `INVALID_SPLIT` for a value that is no time
 */
export function byTime(column: SplitColumn, name: string, parts: Parts): readonly Uint32Array[] {
  const rows = parts.ends.at(-1) ?? 0; // all of them
  const times = Float64Array.from({ length: rows }, (_, row) => timeOf(column.value(row), `rows[${row}].${name}`));
  const at = (row: number): number => times[row] as number; // of all rows
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => at(a) - at(b) || a - b);
  let start = 0;
  return parts.ends.map((wanted) => {
    let end = Math.max(wanted, start);
    while (end > start && end < rows && at(order[end] as number) === at(order[end - 1] as number)) end++;
    const own = order.slice(start, end);
    start = end;
    return own;
  });
}

function timeOf(value: unknown, path: string): number {
  if (value instanceof Date && Number.isFinite(value.getTime())) return value.getTime();
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new HeadgateError({
    code: 'INVALID_SPLIT',
    path,
    problem: 'This is no time to split by.',
    expected: 'a Date, or a finite number',
    received: show(value),
    mend: 'Make it a Date first: table.derive(…), or read the column as `date`.',
  });
}
