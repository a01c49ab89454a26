/** @file The type of a CSV column: numbers or booleans when every value is one, else text. */
import { HeadgateError, show } from '../errors.js';

export type CellType = 'number' | 'boolean' | 'string';

export interface CellContext {
  readonly column: string;
  /** Name of the file, for messages. */
  readonly file: string;
  readonly missing: readonly string[];
  /** Declared type; undefined: inferred. */
  readonly type: CellType | undefined;
  readonly lineOf: (row: number) => number;
}

export interface Cells {
  readonly values: readonly (number | boolean | string | null)[];
  /** Set when the column mixes types. */
  readonly note?: string;
}

const parsers = {
  number: (text: string) => {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
    const number = Number(text);
    const losesDigits = /^[+-]?\d+$/.test(text) && !Number.isSafeInteger(number); // long identifiers stay text
    return losesDigits || !Number.isFinite(number) ? undefined : number;
  },
  boolean: (text: string) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined),
  string: (text: string) => text,
} satisfies Record<CellType, (text: string) => number | boolean | string | undefined>;

/** @throws HeadgateError `INVALID_CELL` for a value that is not of the declared type. */
export function parseCells(texts: readonly string[], context: CellContext): Cells {
  const missing = new Set(context.missing.map((text) => text.trim()));
  const cells = texts.map((text) => (missing.has(text.trim()) ? null : text));
  if (context.type !== undefined) return { values: cells.map((text, row) => declared(text, row, context)) };

  const counts = { number: 0, boolean: 0, present: 0 };
  for (const text of cells) {
    if (text === null) continue;
    counts.present++;
    if (parsers.number(text.trim()) !== undefined) counts.number++;
    else if (parsers.boolean(text.trim()) !== undefined) counts.boolean++;
  }
  for (const type of ['number', 'boolean'] as const) {
    if (counts[type] === counts.present) {
      return { values: cells.map((text) => (text === null ? null : (parsers[type](text.trim()) ?? null))) };
    }
  }
  if (counts.number === 0 && counts.boolean === 0) return { values: cells };
  return { values: cells, note: mixedNote(cells, counts.number > 0 ? 'number' : 'boolean', context) };
}

function declared(text: string | null, row: number, { type = 'string', column, file, lineOf }: CellContext) {
  if (text === null) return null;
  const value = parsers[type](type === 'string' ? text : text.trim());
  if (value !== undefined) return value;
  throw new HeadgateError({
    code: 'INVALID_CELL',
    path: `${file}:${lineOf(row)}.${column}`,
    problem: `Line ${lineOf(row)} has a value that is not a ${type}.`,
    expected: `a ${type}, since types.${column} says so`,
    received: show(text),
    mend: `If it stands for a missing value, say so: missing: ['', ${show(text)}].`,
  });
}

function mixedNote(
  cells: readonly (string | null)[],
  type: 'number' | 'boolean',
  { column, file, lineOf }: CellContext,
) {
  const row = cells.findIndex((text) => text !== null && parsers[type](text.trim()) === undefined);
  return (
    `${file}: column "${column}" mixes ${type}s with other text (${show(cells[row])} in line ${lineOf(row)}), ` +
    `so all of it is text; see the options "types" and "missing"`
  );
}
