/** @file The type of each column of a CSV file: what all of its values are, in all files, else text. As `readCsv` has it. */
import { HeadgateError, show } from '../../../errors.js';
import { type Note, note } from '../../../notes.js';
import type { CellType } from '../../csv-cells.js';
import type { CellTypes } from './cell-types.js';
import { quoted } from './database.js';

/** How many of a column's values are what. */
export interface CellCounts {
  readonly present: number;
  readonly numbers: number;
  readonly booleans: number;
  readonly dates: number;
  readonly lists: number;
  /** Whole numbers of more digits than a double holds. */
  readonly long: number;
  /** The least value that is no number, and the least long one. */
  readonly otherwise: string | null;
  readonly longest: string | null;
}

const NUMBER = '[+-]?(?:(?:0|[1-9][0-9]*)(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?Infinity';
const DATE = '(?:[0-9]{4}|[+-][0-9]{6})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z';

/** SQL of a column's counts, in the order of `CellCounts`. */
export function countsSql(column: string): readonly string[] {
  const cell = `trim(${column})`;
  const whole = `regexp_full_match(${cell}, '[+-]?[0-9]{16,}')`;
  const long = `(${whole} AND TRY_CAST(TRY_CAST(${cell} AS DOUBLE) AS HUGEINT) IS DISTINCT FROM TRY_CAST(${cell} AS HUGEINT))`;
  const isNumber = `(regexp_full_match(${cell}, ${quoted(NUMBER)}) AND NOT ${long})`;
  return [
    `count(${column})`,
    `count(*) FILTER (${isNumber})`,
    `count(*) FILTER (lower(${cell}) IN ('true', 'false'))`,
    `count(*) FILTER (regexp_full_match(${cell}, ${quoted(DATE)}))`,
    `count(*) FILTER (${cell}[1] IN ('[', '{') AND json_valid(${column}))`,
    `count(*) FILTER (${long})`,
    `min(${column}) FILTER (NOT ${isNumber})`,
    `min(${column}) FILTER (${long})`,
  ];
}

export const COUNTS = 8;

export function countsOf(values: readonly unknown[]): CellCounts {
  const [present, numbers, booleans, dates, lists, long, otherwise, longest] = values;
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    present: Number(present),
    numbers: Number(numbers),
    booleans: Number(booleans),
    dates: Number(dates),
    lists: Number(lists),
    long: Number(long),
    otherwise: textOf(otherwise),
    longest: textOf(longest),
  };
}

function sum(counts: readonly CellCounts[]): CellCounts {
  const all = (key: 'present' | 'numbers' | 'booleans' | 'dates' | 'lists' | 'long') =>
    counts.reduce((total, own) => total + own[key], 0);
  const first = (key: 'otherwise' | 'longest') => counts.find((own) => own[key] !== null)?.[key] ?? null;
  return {
    present: all('present'),
    numbers: all('numbers'),
    booleans: all('booleans'),
    dates: all('dates'),
    lists: all('lists'),
    long: all('long'),
    otherwise: first('otherwise'),
    longest: first('longest'),
  };
}

export interface InferredTypes {
  readonly types: ReadonlyMap<string, CellType>;
  readonly notes: readonly Note[];
}

/** @throws HeadgateError `INEXACT_NUMBER` for a declared number of more digits than a double holds */
export function inferTypes(columns: ReadonlyMap<string, readonly CellCounts[]>, declared: CellTypes): InferredTypes {
  const types = new Map<string, CellType>();
  const notes: Note[] = [];
  for (const [name, own] of columns) {
    const counts = sum(own);
    const type = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (type === 'number' && counts.long > 0) throw tooLong(name, counts);
    types.set(name, type ?? typeOf(counts));
    if (type === undefined) notes.push(...mixedNote(name, counts));
  }
  return { types, notes };
}

function typeOf({ present, numbers, booleans, dates, lists }: CellCounts): CellType {
  if (present === numbers) return 'number'; // also where there is no value at all
  if (present === booleans) return 'boolean';
  if (present === dates) return 'date';
  return present === lists ? 'list' : 'string';
}

/** Text for the sake of a few values. */
function mixedNote(name: string, { present, numbers, otherwise }: CellCounts): readonly Note[] {
  if (numbers === 0 || numbers === present) return [];
  const text =
    `${numbers} of ${present} values in the column "${name}" are numbers, and it is read as text for the others, ` +
    `such as ${show(otherwise)}. Say what they are: types: { ${show(name)}: 'number' }, or missing: ['', ${show(otherwise)}].`;
  return [note('MIXED_COLUMN', `columns.${name}`, text)];
}

function tooLong(name: string, { long, longest }: CellCounts): HeadgateError {
  return new HeadgateError({
    code: 'INEXACT_NUMBER',
    path: `columns.${name}`,
    problem: `${long} whole numbers of this column have more digits than a number of JavaScript holds.`,
    expected: `numbers, since types.${name} says so`,
    received: show(longest),
    mend: `Read it as text: types: { ${show(name)}: 'string' }.`,
  });
}
