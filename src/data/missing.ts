/** @file Sentinels become missing values on the way in: inside, no number stands for missing. */
import { invalidOption } from '../options.js';
import { asTable, type Table } from './table.js';

/** Numbers that stand for "missing": in every numeric column, or by column. */
export type MissingNumbers = readonly number[] | Readonly<Record<string, readonly number[]>>;

/**
 * A table in which the given numbers have become missing values, also inside lists, element by element.
 * It is how labels made for systems that mark missing with -1 come in: `withMissingNumbers(table, [-1])`.
 *
 * @throws HeadgateError `UNKNOWN_COLUMN`, `INVALID_OPTIONS`, `INVALID_DATA`
 * @example withMissingNumbers(table, { age: [-1, 999] })
 */
export function withMissingNumbers(table: Table, numbers: MissingNumbers): Table {
  checkNumbers(numbers);
  const whole = asTable(table);
  return sentinelsByColumn(whole, numbers).reduce((result, [name, sentinels]) => {
    const column = whole.column(name);
    if (sentinels.size === 0 || (column.type !== 'number' && column.type !== 'object')) return result;
    return result.with(
      name,
      Array.from({ length: whole.rows }, (_, row) => replace(column.value(row), sentinels)),
    );
  }, whole);
}

function sentinelsByColumn(table: Table, numbers: MissingNumbers): [string, ReadonlySet<unknown>][] {
  if (isList(numbers)) return table.columnNames.map((name) => [name, new Set<unknown>(numbers)]);
  return Object.entries(numbers).map(([name, sentinels]) => [name, new Set<unknown>(sentinels)]);
}

function checkNumbers(numbers: MissingNumbers): void {
  const given: unknown = numbers; // from untyped code
  const lists = typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.values(given) : [given];
  if (lists.every((list) => Array.isArray(list) && list.every((number) => typeof number === 'number'))) return;
  throw invalidOption('missingNumbers', given, {
    expected: 'numbers, everywhere or by column: [-1], { age: [-1, 999] }',
  });
}

function isList(numbers: MissingNumbers): numbers is readonly number[] {
  return Array.isArray(numbers);
}

function replace(value: unknown, sentinels: ReadonlySet<unknown>): unknown {
  if (Array.isArray(value)) return value.map((element) => replace(element, sentinels));
  return sentinels.has(value) ? null : value;
}
