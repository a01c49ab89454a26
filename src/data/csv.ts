/** @file Reading CSV: types by column, missing values as missing, and a report of every line that was left out. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse/sync';
import { HeadgateError, show } from '../errors.js';
import { type CellType, parseCells } from './csv-cells.js';
import { type MissingNumbers, withMissingNumbers } from './missing.js';
import { Table, unknownColumn } from './table.js';

export interface CsvOptions {
  /** Texts that mean "missing"; blanks around a field do not matter. Default: the empty field. */
  readonly missing?: readonly string[];
  /** Numbers that mean "missing", everywhere or by column: `[-1]`, `{ age: [-1, 999] }`. */
  readonly missingNumbers?: MissingNumbers;
  /** Types of columns, where the type should not be inferred. */
  readonly types?: Readonly<Record<string, CellType>>;
  /** Default `,`. */
  readonly delimiter?: string;
  /** Any name that `TextDecoder` knows. Default `utf-8`. */
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
 * Reads a CSV file with a header line (gzip is undone). A column is numbers or booleans when all its values are, else
 * text. Blank lines and lines with too few or too many fields are left out and reported.
 *
 * @throws HeadgateError `UNREADABLE_FILE`, `INVALID_CSV`, `DUPLICATE_COLUMN`, `UNKNOWN_COLUMN` (in `types`),
 * `INVALID_CELL` for a value that is not of its declared type.
 * @example const { table, notes } = await readCsv('titanic3.csv', { types: { ticket: 'string' } });
 */
export async function readCsv(source: string | URL | Uint8Array, options: CsvOptions = {}): Promise<CsvResult> {
  const { missing = [''], missingNumbers = [], types = {}, delimiter = ',', encoding = 'utf-8' } = options;
  const name = source instanceof Uint8Array ? 'csv' : basename(String(source));
  const lines = parseLines(decode(await bytesOf(source, name), encoding, name), delimiter, name);
  const header = lines[0]?.fields ?? [];
  checkHeader(header, types, name);

  const leftOut: LeftOutLine[] = [];
  const kept: CsvLine[] = [];
  for (const line of lines.slice(1)) {
    const reason = reasonToLeaveOut(line.fields, header.length);
    if (reason === undefined) kept.push(line);
    else leftOut.push({ line: line.line, reason });
  }

  const notes = leftOut.map(({ line, reason }) => `${name}: left out line ${line}: ${reason}`);
  const typeOf = new Map(Object.entries(types));
  const columns = header.map((column, position): [string, readonly unknown[]] => {
    const cells = kept.map(({ fields }) => fields[position] ?? '');
    const lineOf = (row: number) => kept[row]?.line ?? 0;
    const { values, note } = parseCells(cells, { column, file: name, missing, type: typeOf.get(column), lineOf });
    if (note !== undefined) notes.push(note);
    return [column, values];
  });
  const table = withMissingNumbers(Table.fromColumns(Object.fromEntries(columns)), missingNumbers);
  return { table, leftOut, notes };
}

interface CsvLine {
  readonly fields: readonly string[];
  readonly line: number;
}

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
      },
      { cause },
    );
  }
}

function decode(bytes: Uint8Array, encoding: string, name: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'INVALID_CSV',
        path: name,
        problem: `The file is not ${encoding} text.`,
        mend: "Name its encoding, e.g. readCsv(path, { encoding: 'windows-1252' }).",
      },
      { cause },
    );
  }
}

function parseLines(text: string, delimiter: string, name: string): CsvLine[] {
  try {
    const lines: CsvLine[] = [];
    parse(text, {
      delimiter,
      relax_column_count: true,
      on_record: (fields: string[], { lines: line }) => {
        lines.push({ fields, line });
        return null;
      },
    });
    return lines;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const problem = 'The file is not well-formed CSV.';
    throw new HeadgateError({ code: 'INVALID_CSV', path: name, problem, received: cause.message }, { cause });
  }
}

function checkHeader(header: readonly string[], types: Readonly<Record<string, CellType>>, name: string): void {
  if (header.every((column) => column.trim() === '')) {
    const problem = 'The first line must hold the names of the columns.';
    throw new HeadgateError({ code: 'INVALID_CSV', path: name, problem, received: show(header) });
  }
  const twice = header.find((column, position) => header.indexOf(column) !== position);
  if (twice !== undefined) {
    const problem = `Two columns are named ${show(twice)}.`;
    throw new HeadgateError({ code: 'DUPLICATE_COLUMN', path: name, problem, mend: 'Give each column its own name.' });
  }
  for (const column of Object.keys(types)) if (!header.includes(column)) throw unknownColumn(column, header);
}

function reasonToLeaveOut(fields: readonly string[], width: number): string | undefined {
  if (fields.every((field) => field.trim() === '')) return 'it is blank: every field is empty';
  if (fields.length === width) return undefined;
  return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'} where the header has ${width}`;
}
