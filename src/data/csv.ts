/** @file Reading CSV: types by column, missing values as missing, and a report of every line that was left out. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { HeadgateError, show } from '../errors.js';
import {
  invalidOption,
  listOf,
  oneOf,
  option,
  optional,
  readOptions,
  recordOf,
  text,
  unchecked,
  withDefault,
} from '../options.js';
import { type Column, columnOf } from './column.js';
import { type CellType, type Field, parseCells } from './csv-cells.js';
import { needsQuotes } from './csv-text.js';
import { type MissingNumbers, withMissingNumbers } from './missing.js';
import { Table } from './table.js';
import { unknownColumn } from './table-errors.js';

export interface CsvOptions {
  /**
   * Texts that mean "missing", also in quotes; blanks around them do not matter. Default: the empty field without
   * quotes, and `\N`.
   */
  readonly missing?: readonly string[];
  /** Numbers that mean "missing", everywhere or by column: `[-1]`, `{ age: [-1, 999] }`. */
  readonly missingNumbers?: MissingNumbers;
  /** Types of columns, where the type should not be inferred. */
  readonly types?: Readonly<Record<string, CellType>>;
  /** Default `,`. */
  readonly delimiter?: string;
  /** Any name that `TextDecoder` knows. Default: what the byte order mark says, else `utf-8`. */
  readonly encoding?: string;
}

/** A line of the file that is not in the table. */
export interface LeftOutLine {
  /** Counted from 1, the header included; for a record over several lines, its last one. */
  readonly line: number;
  readonly reason: string;
}

export interface CsvResult {
  readonly table: Table;
  readonly leftOut: readonly LeftOutLine[];
  /** Sentences for the user to read: what was left out and why, and columns that mix types. */
  readonly notes: readonly string[];
}

/**
 * Reads a CSV file with a header line (gzip is undone). A column is numbers, booleans, instants (`toISOString`) or JSON
 * lists when all its values are, else text. A value in quotes is text, unless the file quotes everything; blanks around
 * a value without quotes do not count. Blank lines and lines with too few or too many fields are left out and reported.
 * What `toCsv` writes comes back as the same table.
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `INVALID_CSV`, `DUPLICATE_COLUMN`, `UNKNOWN_COLUMN` (in `types`),
 * `INVALID_CELL` for a value that is not of its declared type, `INVALID_OPTIONS`.
 * @example const { table, notes } = await readCsv('titanic3.csv', { types: { ticket: 'string' } });
 */
export async function readCsv(source: string | URL | Uint8Array, options: CsvOptions = {}): Promise<CsvResult> {
  const { missing, missingNumbers, types, delimiter, encoding } = readOptions('readCsv', schema, options, OTHER_WORDS);
  const name = source instanceof Uint8Array ? 'csv' : basename(String(source));
  const lines = parseLines(decode(await bytesOf(source, name), encoding, name), delimiter, name);
  const header = lines[0]?.fields.map(({ text }) => text) ?? [];
  checkHeader(lines[0]?.fields ?? [], types, name);

  const leftOut: LeftOutLine[] = [];
  const kept: CsvLine[] = [];
  for (const line of lines.slice(1)) {
    const reason = reasonToLeaveOut(line.fields, header.length);
    if (reason === undefined) kept.push(line);
    else leftOut.push({ line: line.line, reason });
  }

  const hint = delimiterHint(header, delimiter, name);
  const notes = [...hint, ...leftOut.map(({ line, reason }) => `${name}: left out line ${line}: ${reason}`)];
  const typeOf = new Map(Object.entries(types));
  const missingTexts = missing === undefined ? null : new Set(missing.map((text) => text.trim()));
  const lineOf = (row: number) => (kept[row] as CsvLine).line; // cells are those of the lines kept
  const columns = header.map((column, position): [string, Column] => {
    const fields = kept.map((line) => line.fields[position] ?? EMPTY);
    const context = { column, file: name, missing: missingTexts, type: typeOf.get(column), lineOf };
    const cells = parseCells(fields, context);
    notes.push(...cells.notes);
    return [column, columnOf(cells.values)];
  });
  const table = withMissingNumbers(Table.ofColumns(new Map(columns), kept.length), missingNumbers);
  return { table, leftOut, notes };
}

interface CsvLine {
  readonly fields: readonly Field[];
  readonly line: number;
}

const EMPTY: Field = { text: '', quoted: false };

const CELL_TYPES = ['number', 'boolean', 'date', 'list', 'string'] as const satisfies readonly CellType[];

const schema = {
  missing: optional(listOf(option('a text', (given): given is string => typeof given === 'string'))),
  missingNumbers: withDefault(unchecked<MissingNumbers>('numbers, everywhere or by column'), []),
  types: withDefault(recordOf(oneOf<CellType>(CELL_TYPES)), {}),
  delimiter: withDefault(
    option(
      'a text without quotes and line ends, at least one character',
      (given): given is string => typeof given === 'string' && /^[^"\r\n]+$/.test(given),
    ),
    ',',
  ),
  encoding: optional(text),
};

/** What other packages call these options. */
const OTHER_WORDS = { separator: 'delimiter', sep: 'delimiter', charset: 'encoding' };

async function bytesOf(source: string | URL | Uint8Array, name: string): Promise<Uint8Array> {
  try {
    const bytes = source instanceof Uint8Array ? source : await readFile(source);
    const isGzip = name.endsWith('.gz') || (bytes[0] === 0x1f && bytes[1] === 0x8b);
    return isGzip ? await promisify(gunzip)(bytes) : bytes;
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'UNREADABLE_FILE',
        path: name,
        problem: 'The file could not be read.',
        received: cause instanceof Error ? cause.message : String(cause),
        mend: isText(source) ? 'This is text, not the name of a file: pass new TextEncoder().encode(text).' : undefined,
      },
      { cause },
    );
  }
}

function isText(source: unknown): boolean {
  return typeof source === 'string' && /[\r\n]/.test(source);
}

/** Drops a byte order mark. */
function decode(bytes: Uint8Array, encoding: string | undefined, name: string): string {
  const decoder = decoderOf(encoding ?? markedEncoding(bytes));
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    const mend = bytes.includes(0)
      ? LIKE_UTF_16
      : "Name its encoding, e.g. readCsv(path, { encoding: 'windows-1252' }).";
    throw notText(decoder.encoding, mend, name, cause);
  }
  if (encoding !== undefined || !text.includes('\0')) return text;
  throw notText(decoder.encoding, LIKE_UTF_16, name);
}

const LIKE_UTF_16 =
  "It has zero bytes, as UTF-16 has: readCsv(path, { encoding: 'utf-16le' }), or 'utf-16be'. To keep them as characters, name its encoding.";

function decoderOf(encoding: string) {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw invalidOption('readCsv.encoding', encoding, { expected: 'a name that TextDecoder knows' });
  }
}

function markedEncoding([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

function notText(encoding: string, mend: string, path: string, cause?: unknown): HeadgateError {
  return new HeadgateError(
    { code: 'INVALID_CSV', path, problem: `The file is not ${encoding} text.`, mend },
    { cause },
  );
}

function parseLines(text: string, delimiter: string, name: string): CsvLine[] {
  const lines: CsvLine[] = [];
  const options: Options = {
    delimiter,
    relax_column_count: true,
    trim: true, // of what has no quotes: a blank after the comma is no part of the value
    record_delimiter: ['\r\n', '\n', '\r'], // else the first one found would be the only one
    on_record: (fields, { lines: line }) => {
      lines.push({ fields: fields.map(fieldOf), line });
      return null;
    },
  };
  // Asking of each field whether it had quotes takes ten times as long as reading it.
  if (text.includes('"')) options.cast = (value, { quoting }) => `${quoting ? QUOTED : PLAIN}${value}`;
  const fieldOf = options.cast === undefined ? plainField : markedField;
  try {
    parse(text, options);
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const problem = 'The file is not well-formed CSV.';
    throw new HeadgateError({ code: 'INVALID_CSV', path: name, problem, received: cause.message }, { cause });
  }
  return quotesEverything(lines) ? lines.map(withoutQuotes) : lines;
}

const QUOTED = 'q';
const PLAIN = 'p';

function markedField(marked: string): Field {
  return { text: marked.slice(1), quoted: marked.startsWith(QUOTED) };
}

function plainField(text: string): Field {
  return { text, quoted: false };
}

/** Quotes that stand around everything, needlessly, say nothing about what is text. */
function quotesEverything([header, ...lines]: readonly CsvLine[]): boolean {
  if (header === undefined || !header.fields.every(({ text, quoted }) => quoted || text === '')) return false;
  const needless = header.fields.some(({ text }) => text !== '' && !needsQuotes(text));
  return needless && lines.every(({ fields }) => fields.every(({ text, quoted }) => quoted || text === ''));
}

function withoutQuotes({ fields, line }: CsvLine): CsvLine {
  return { fields: fields.map(({ text }) => ({ text, quoted: false })), line };
}

function checkHeader(fields: readonly Field[], types: Readonly<Record<string, CellType>>, name: string): void {
  const header = fields.map(({ text }) => text);
  if (fields.every(({ text, quoted }) => text.trim() === '' && !quoted)) {
    const problem = 'The first line must hold the names of the columns.';
    throw new HeadgateError({ code: 'INVALID_CSV', path: name, problem, received: show(header) });
  }
  const seen = new Set<string>();
  for (const column of header) {
    if (!seen.has(column)) {
      seen.add(column);
      continue;
    }
    const problem = `Two columns are named ${show(column)}.`;
    throw new HeadgateError({ code: 'DUPLICATE_COLUMN', path: name, problem, mend: 'Give each column its own name.' });
  }
  for (const column of Object.keys(types)) if (!seen.has(column)) throw unknownColumn(column, header);
}

function reasonToLeaveOut(fields: readonly Field[], width: number): string | undefined {
  if (fields.every(({ text, quoted }) => text.trim() === '' && !quoted)) return 'it is blank: every field is empty';
  if (fields.length === width) return undefined;
  return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'} where the header has ${width}`;
}

/** A header of one name that holds another delimiter was probably meant to be several. */
function delimiterHint(header: readonly string[], delimiter: string, name: string): readonly string[] {
  const [only = ''] = header.length === 1 ? header : [];
  const other = [';', '\t', '|', ','].find((mark) => mark !== delimiter && only.includes(mark));
  if (other === undefined) return [];
  return [
    `${name}: the header has one name, ${show(only)}; for several columns, say readCsv(path, { delimiter: ${show(other)} })`,
  ];
}
