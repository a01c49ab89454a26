/** @file Sentinels become missing values on the way in: inside, no number stands for missing. */
import type { Table } from './table.js';

/** Numbers that stand for "missing": in every numeric column, or by column. */
export type MissingNumbers = readonly number[] | Readonly<Record<string, readonly number[]>>;

/**
 * A table in which the given numbers have become missing values, also inside lists, element by element.
 * It is how labels made for systems that mark missing with -1 come in: `withMissingNumbers(table, [-1])`.
 *
 * @throws HeadgateError `UNKNOWN_COLUMN`
 */
export function withMissingNumbers(table: Table, numbers: MissingNumbers): Table {
  return sentinelsByColumn(table, numbers).reduce((result, [name, sentinels]) => {
    const column = table.column(name);
    if (sentinels.size === 0 || (column.type !== 'number' && column.type !== 'object')) return result;
    return result.with(
      name,
      Array.from({ length: table.rows }, (_, row) => replace(column.value(row), sentinels)),
    );
  }, table);
}

function sentinelsByColumn(table: Table, numbers: MissingNumbers): [string, ReadonlySet<unknown>][] {
  if (isList(numbers)) return table.columnNames.map((name) => [name, new Set<unknown>(numbers)]);
  return Object.entries(numbers).map(([name, sentinels]) => [name, new Set<unknown>(sentinels)]);
}

function isList(numbers: MissingNumbers): numbers is readonly number[] {
  return Array.isArray(numbers);
}

function replace(value: unknown, sentinels: ReadonlySet<unknown>): unknown {
  if (Array.isArray(value)) return value.map((element) => replace(element, sentinels));
  return sentinels.has(value) ? null : value;
}
