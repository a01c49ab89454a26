/** @file The lines of a CSV file that do not fit: counted, shown, and never lost in silence. */
import { HeadgateError, show } from '../../../errors.js';
import { type Note, note } from '../../../notes.js';
import type { Connection } from './database.js';

/** Names of the tables that DuckDB keeps them in, for one reading of one file. */
export interface RejectTables {
  readonly errors: string;
  readonly scans: string;
}

export interface RejectedLine {
  readonly file: string;
  /** Counted from 1, the header included; a record with line ends in quotes counts as one line. */
  readonly line: number;
  /** Null where it is the whole line. */
  readonly column: string | null;
  /** DuckDB's word: `CAST`, `MISSING COLUMNS`, `TOO MANY COLUMNS`, `INVALID ENCODING`, `LINE SIZE OVER MAXIMUM`. */
  readonly kind: string;
  /** The line, or its beginning. */
  readonly text: string;
}

/** Lines that were left out of one file, the first hundred of them one by one. */
export interface Rejects {
  readonly count: number;
  readonly lines: readonly RejectedLine[];
}

const SHOWN = 100;

export async function rejectsOf(
  file: string,
  columns: readonly string[],
  { errors }: RejectTables,
  connection: Connection,
): Promise<Rejects> {
  const facts = { code: 'INVALID_CSV', path: file } as const;
  const [counted = []] = await connection.ask(`SELECT count(DISTINCT line)::DOUBLE FROM ${errors}`, facts);
  const rows = await connection.ask(
    `SELECT line::DOUBLE, column_idx::DOUBLE, error_type::VARCHAR, left(csv_line, 200) FROM (
       SELECT *, row_number() OVER (PARTITION BY line ORDER BY column_idx) AS place FROM ${errors}
     ) WHERE place = 1 ORDER BY line LIMIT ${SHOWN}`,
    facts,
  );
  const lines = rows.map(([line, column, kind, text]) => ({
    file,
    line: Number(line),
    column: kind === 'CAST' || kind === 'INVALID ENCODING' ? (columns[Number(column) - 1] ?? null) : null,
    kind: String(kind),
    text: String(text),
  }));
  return { count: Number(counted[0]), lines };
}

/**
 * @param isCounted whether lines may be left out; one whose quotes never end may hold any number of others
 * @throws HeadgateError `INVALID_CSV` that names the first line
 */
export function requireFitting({ count, lines }: Rejects, isCounted: boolean): void {
  const bad = isCounted ? lines.find(({ kind }) => kind === 'UNQUOTED VALUE') : lines[0];
  if (bad === undefined) return;
  const { file, line, column, kind, text } = bad;
  throw new HeadgateError({
    code: 'INVALID_CSV',
    path: `${file}:${line}${column === null ? '' : `.${column}`}`,
    problem: `${count} ${count === 1 ? 'line does' : 'lines do'} not fit; the first is line ${line}: ${wordsFor(kind)}.`,
    received: show(text),
    mend:
      kind === 'UNQUOTED VALUE'
        ? 'Close the quotes in the file: what follows them could be one value or a thousand lines.'
        : "Mend the file, say otherwise by `types`, `missing` or `delimiter`, or leave such lines out and counted: { onReject: 'count' }.",
  });
}

export function rejectNotes(files: readonly Rejects[]): readonly Note[] {
  return files.flatMap(({ count, lines }) => {
    const [first] = lines;
    if (first === undefined) return [];
    const { file, line, kind } = first;
    const text = `${count} ${count === 1 ? 'line' : 'lines'} of ${file} left out, the first line ${line}: ${wordsFor(kind)}.`;
    return [note('ROWS_REJECTED', file, text)];
  });
}

const WORDS: Readonly<Record<string, string>> = {
  CAST: 'a value is not of its type',
  'MISSING COLUMNS': 'it has fewer fields than the header',
  'TOO MANY COLUMNS': 'it has more fields than the header',
  'UNQUOTED VALUE': 'its quotes do not end',
  'LINE SIZE OVER MAXIMUM': 'it is longer than two million bytes',
  'INVALID ENCODING': 'it is not UTF-8',
};

function wordsFor(kind: string): string {
  return WORDS[kind] ?? kind.toLowerCase();
}
