/** @file CSV text out of rows (RFC 4180), written so that `readCsv` gives back the same table. */
import { HeadgateError, show } from '../errors.js';
import { booleanIn, dateIn, isMistakenForList, numberIn } from '../tasks/cell-text.js';
import { MISSING_MARK } from './csv-cells.js';

/**
 * Missing values are empty fields; lists and records are JSON; a text that looks like a number, a boolean, an instant
 * or nothing at all is quoted. Every line ends with a line feed.
 *
 * @throws HeadgateError `NOT_TABULAR` for a value that would not come back, also for one of another type than those above
 *   it in its column.
 */
export function csvText(columnNames: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const ill = columnNames.find((name) => !isWellFormed(name));
  if (ill !== undefined) throw notWritable(ill, `columns.${ill}`);
  const header = columnNames.map((name) => (name.trim() === '' || needsQuotes(name) ? quoted(name) : name));
  const requireOneType = typeWatch();
  const lines = rows.map((row, index) => {
    // else the line would look blank, and blank lines are left out
    if (row.every((value) => value === null)) return [MISSING_MARK, ...row.slice(1).map(() => '')];
    return row.map((value, position) => {
      const where = () => `rows[${index}].${columnNames[position]}`;
      const text = field(value, where);
      requireOneType(value, position, where);
      return text;
    });
  });
  return [header, ...lines].map((line) => `${line.join(',')}\n`).join('');
}

/** A column that mixes numbers and text would come back as text, its numbers too. */
function typeWatch(): (value: unknown, position: number, where: () => string) => void {
  const types = new Map<number, string>();
  return (value, position, where) => {
    if (value === null) return;
    const own = value instanceof Date ? 'date' : typeof value;
    const known = types.get(position);
    if (known !== undefined && known !== own) throw notWritable(value, where());
    types.set(position, own);
  };
}

function field(value: unknown, where: () => string): string {
  if (value === null) return '';
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : numberText(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return textField(value, where);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  const json = typeof value === 'object' && isPlain(value) ? JSON.stringify(value) : undefined;
  if (json === undefined) throw notWritable(value, where());
  return needsQuotes(json) ? quoted(json) : json;
}

/** The shortest digits that lead back to the number; for whole ones beyond 2^53 these are not all of their digits. */
function numberText(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

function textField(text: string, where: () => string): string {
  if (!isWellFormed(text)) throw notWritable(text, where());
  if (isMistakenForList(text)) return quoted(JSON.stringify(text));
  const looksTyped = numberIn(text) !== undefined || booleanIn(text) !== undefined || dateIn(text) !== undefined;
  const looksMissing = text.trim() === '' || text === MISSING_MARK;
  return looksTyped || looksMissing || needsQuotes(text) ? quoted(text) : text;
}

/** Whether a field must stand in quotes to come back as it is. */
export function needsQuotes(text: string): boolean {
  return /[",\r\n]/.test(text) || text !== text.trim();
}

/** UTF-8 has no lone surrogates; a file with NUL characters is taken for UTF-16, by `readCsv` and others. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}|\0/u.test(text);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** What JSON gives back as it was; NaN and undefined in a list are missing values and come back as null. */
function isPlain(value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return true;
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value === 'number') return Math.abs(value) !== Number.POSITIVE_INFINITY;
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlain);
}

function notWritable(value: unknown, path: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_TABULAR',
    path,
    problem: 'A CSV file cannot hold this value so that it comes back as it is.',
    expected: 'a number, boolean, well-formed text, valid date, or a list or record of these as JSON holds them',
    received: show(value),
    mend: 'Turn it into text first: table.derive(name, (row) => …).',
  });
}
