/** @file The type of a CSV column: what every value in it is, else text; and what looks like a slip. */
import { HeadgateError, show } from '../errors.js';
import { booleanIn, dateIn, isRounded, listIn, numberIn, plainText } from '../tasks/cell-text.js';

export type CellType = 'number' | 'boolean' | 'date' | 'list' | 'string';

/** Databases write it for a missing value, and so does `toCsv` where an empty field would make the line look blank. */
export const MISSING_MARK = '\\N';

/** A field as it stands in the file. */
export interface Field {
  readonly text: string;
  /** Whether quotes around it say that it is text. */
  readonly quoted: boolean;
}

export interface CellContext {
  readonly column: string;
  /** Name of the file, for messages. */
  readonly file: string;
  /** Texts that are missing values, quoted or not; null: empty fields without quotes, and `\N`. */
  readonly missing: ReadonlySet<string> | null;
  /** Declared type; undefined: inferred. */
  readonly type: CellType | undefined;
  readonly lineOf: (row: number) => number;
}

export interface Cells {
  readonly values: readonly unknown[];
  /** About what may not be meant. */
  readonly notes: readonly string[];
}

const readers: Readonly<Record<CellType, (text: string) => unknown>> = {
  number: numberIn,
  boolean: booleanIn,
  date: dateIn,
  list: listIn,
  string: plainText,
};

/** What a declared type takes besides: `0042` is no number by itself, but where the user says so it is 42. */
function declaredReader(type: CellType): (text: string) => unknown {
  if (type !== 'number') return readers[type];
  return (text) => numberIn(text.trim().replace(/^([+-]?)0+(?=\d)/, '$1'));
}

/** @throws HeadgateError `INVALID_CELL` for a value that is not of the declared type. */
export function parseCells(fields: readonly Field[], context: CellContext): Cells {
  const cells = fields.map((field) => (isMissingField(field, context.missing) ? null : field));
  if (context.type !== undefined) return { values: declared(cells, context.type, context), notes: [] };
  const types = new Set<CellType>();
  for (const cell of cells) if (cell !== null) types.add(typeOf(cell));
  const [type = 'string'] = types;
  const read = readers[types.size === 1 ? type : 'string'];
  const values = cells.map((cell) => (cell === null ? null : read(cell.text)));
  return { values, notes: notesOf(cells, types, context) };
}

export function isMissingField({ text, quoted }: Field, missing: CellContext['missing']): boolean {
  const trimmed = text.trim();
  if (missing !== null) return missing.has(trimmed);
  return !quoted && (trimmed === '' || trimmed === MISSING_MARK);
}

function typeOf({ text, quoted }: Field): CellType {
  if (listIn(text) !== undefined) return 'list';
  if (quoted) return 'string';
  if (numberIn(text) !== undefined) return 'number';
  if (booleanIn(text) !== undefined) return 'boolean';
  return dateIn(text) === undefined ? 'string' : 'date';
}

function declared(
  cells: readonly (Field | null)[],
  type: CellType,
  { column, file, lineOf }: CellContext,
): readonly unknown[] {
  const read = declaredReader(type);
  return cells.map((cell, row) => {
    if (cell === null) return null;
    const value = read(cell.text);
    if (value !== undefined) return value;
    throw new HeadgateError({
      code: 'INVALID_CELL',
      path: `${file}:${lineOf(row)}.${column}`,
      problem: `Line ${lineOf(row)} has a value that is not a ${type}.`,
      expected: `a ${type}, since types.${column} says so`,
      received: show(cell.text),
      mend: `If it stands for a missing value, say so: missing: ['', ${show(cell.text)}].`,
    });
  });
}

function notesOf(
  cells: readonly (Field | null)[],
  types: ReadonlySet<CellType>,
  { column, file, lineOf }: CellContext,
): readonly string[] {
  const name = `${file}: column "${column}"`;
  const first = (fits: (cell: Field) => boolean) => cells.findIndex((cell) => cell !== null && fits(cell));
  const at = (row: number) => `${show(cells[row]?.text)} in line ${lineOf(row)}`;
  const notes: string[] = [];
  const commas = first(({ text }) => DECIMAL_COMMA.test(text.trim()));
  if (commas !== -1 && cells.every((cell) => cell === null || DECIMAL_COMMA.test(cell.text.trim()) || isNumber(cell))) {
    notes.push(`${name} writes numbers with decimal commas (${at(commas)}), which are read as text: use points`);
  } else if (types.size > 1) {
    const type = (['number', 'boolean', 'date', 'list'] as const).find((typed) => types.has(typed));
    const other = first((cell) => typeOf(cell) !== type);
    notes.push(
      `${name} mixes ${type}s with other text (${at(other)}), so all of it is text; see the options "types" and "missing"`,
    );
  } else if (cells.some((cell) => cell !== null) && cells.every((cell) => cell === null || isQuotedNumber(cell))) {
    notes.push(`${name} has numbers in quotes, which are text; types: { ${show(column)}: 'number' } reads numbers`);
  }
  const rounded = types.size === 1 && types.has('number') ? first(({ text }) => isRounded(text)) : -1;
  if (rounded !== -1) notes.push(`${name} has more digits than a 64-bit float keeps (${at(rounded)})`);
  const long = first(
    ({ text, quoted }) => !quoted && /^[+-]?[1-9]\d*(\.0*)?$/.test(text) && numberIn(text) === undefined,
  );
  if (long !== -1) notes.push(`${name} has whole numbers too long for a 64-bit float (${at(long)}), so it is text`);
  return notes;
}

const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;

function isNumber({ text }: Field): boolean {
  return numberIn(text) !== undefined;
}

function isQuotedNumber(cell: Field): boolean {
  return cell.quoted && isNumber(cell);
}
