/** @file Parquet files as one source of rows: what columns they have together, and where their rows lie. */
import { HeadgateError, listed } from '../../../errors.js';
import { type Note, note } from '../../../notes.js';
import { sizeOf } from '../../column.js';
import { unknownColumn } from '../../table-errors.js';
import type { RowGroup } from './blocks.js';
import { type ColumnFacts, planOf, type Reading, selected } from './column-plan.js';
import { type Connection, quoted, quotedName } from './database.js';
import type { DataFile } from './file-names.js';

/** A column of one file: the SQL of its vectors. */
export interface FileColumn extends ColumnFacts {
  /** None where the file has no value of it: then it is whatever it is in others. */
  readonly select: readonly string[];
}

export interface ParquetFile extends DataFile {
  readonly columns: readonly FileColumn[];
}

export interface ParquetSet {
  readonly files: readonly ParquetFile[];
  /** Of all files together. */
  readonly columns: readonly ColumnFacts[];
  readonly groups: readonly RowGroup[];
  readonly rows: number;
  /** That a row takes in memory: an estimate. */
  readonly rowBytes: number;
  readonly notes: readonly Note[];
}

/**
 * @param wanted names of columns; null: all
 * @throws HeadgateError `UNREADABLE_FILE`, `UNKNOWN_COLUMN`, `UNSUPPORTED_COLUMN`, `DUPLICATE_COLUMN`,
 * `INCOMPATIBLE_COLUMNS` where files disagree on what a column is, `DATA_TOO_LARGE`
 */
export async function inspectParquet(
  files: readonly DataFile[],
  wanted: readonly string[] | null,
  connection: Connection,
): Promise<ParquetSet> {
  const found: { readonly file: DataFile; readonly names: readonly string[]; readonly columns: FileColumn[] }[] = [];
  for (const file of files) {
    const { names, types } = await connection.describe(scanOf(file), factsOf(file));
    requireOwnNames(file, await rawNames(file, connection));
    const empty = files.length === 1 ? new Set() : await emptyColumns(file, connection);
    const columns = names.flatMap((name, i) => {
      const type = types[i];
      if (type === undefined || wanted?.includes(name) === false) return [];
      const plan = planOf(name, type);
      const select = empty.has(name) ? [] : selected(plan, quotedName(name));
      return [{ name, reading: plan.reading, select }];
    });
    found.push({ file, names, columns });
  }
  const names = new Set(found.flatMap((one) => one.names));
  for (const name of wanted ?? []) if (!names.has(name)) throw unknownColumn(name, [...names]);
  return setOf(
    found.map(({ file, columns }) => ({ ...file, columns })),
    connection,
  );
}

/** Files whose columns are known. */
export async function setOf(files: readonly ParquetFile[], connection: Connection): Promise<ParquetSet> {
  const columns = unionOf(files);
  const groups: RowGroup[] = [];
  let bytes = 0;
  for (const [file, own] of files.entries()) {
    let start = 0;
    for (const [rows, size] of await groupsOf(own, connection)) {
      if (rows > 0) groups.push({ file, start, rows });
      start += rows;
      bytes += size;
    }
  }
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows >= 2 ** 32) throw tooManyRows(rows, files);
  const rowBytes = columns.reduce((sum, { reading }) => sum + bytesOf(reading), bytes / Math.max(1, rows));
  return { files, columns, groups, rows, rowBytes, notes: differences(files, columns) };
}

/** SQL of a file's rows. */
export function scanOf({ pattern }: DataFile): string {
  return `SELECT * FROM read_parquet(${quoted(pattern)}, hive_partitioning = false)`;
}

function factsOf({ name }: DataFile) {
  return { code: 'UNREADABLE_FILE', path: name, problem: 'The file could not be read as Parquet.' } as const;
}

/** Rows and bytes of each row group; the bytes are of columns whose values have no fixed size. */
async function groupsOf(file: ParquetFile, connection: Connection): Promise<readonly (readonly [number, number])[]> {
  const sized = file.columns.filter(({ reading }) => isSized(reading)).map(({ name }) => quoted(name));
  const size = `sum(total_uncompressed_size) FILTER (split_part(path_in_schema, ', ', 1) IN (${sized.join(', ') || "''"}))`;
  const sql = `SELECT any_value(row_group_num_rows)::DOUBLE, coalesce(${size}, 0)::DOUBLE
    FROM parquet_metadata(${quoted(file.pattern)}) GROUP BY row_group_id ORDER BY row_group_id`;
  const rows = await connection.ask(sql, factsOf(file));
  return rows.map(([own, bytes]) => [Number(own), Number(bytes)] as const);
}

/** Columns of single values whose statistics say that all are missing. */
async function emptyColumns(file: DataFile, connection: Connection): Promise<ReadonlySet<unknown>> {
  const sql = `SELECT path_in_schema FROM parquet_metadata(${quoted(file.pattern)}) GROUP BY path_in_schema
    HAVING bool_and(coalesce(stats_null_count = num_values, false))`;
  const rows = await connection.ask(sql, factsOf(file));
  return new Set(rows.map(([name]) => name));
}

/** As the file has them: DuckDB renames what it cannot tell apart. */
async function rawNames(file: DataFile, connection: Connection): Promise<readonly string[]> {
  const sql = `SELECT name, num_children::INTEGER FROM parquet_schema(${quoted(file.pattern)})`;
  const nodes = await connection.ask(sql, factsOf(file));
  const names: string[] = [];
  let inner = 0;
  for (const [name, children] of nodes.slice(1)) {
    if (inner === 0) names.push(String(name));
    else inner--;
    inner += Number(children ?? 0);
  }
  return names;
}

/** @throws HeadgateError `DUPLICATE_COLUMN` */
export function requireDistinct(path: string, names: readonly string[], mend: string): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return;
  throw new HeadgateError({ code: 'DUPLICATE_COLUMN', path, problem: `Two columns are named "${twice}".`, mend });
}

function requireOwnNames({ name: path }: DataFile, names: readonly string[]): void {
  const mend = 'Rename it where the file is written.';
  requireDistinct(path, names, mend);
  const lower = names.map((name) => name.toLowerCase());
  const place = lower.findIndex((name, i) => lower.indexOf(name) < i);
  if (place !== -1) {
    throw new HeadgateError({
      code: 'DUPLICATE_COLUMN',
      path,
      problem: `Two columns are named "${names[lower.indexOf(lower[place] ?? '')]}" and "${names[place]}".`,
      expected: 'names that differ in more than capital letters, which DuckDB does not tell apart',
      mend,
    });
  }
  if (!lower.includes('file_row_number')) return;
  throw new HeadgateError({
    code: 'UNSUPPORTED_COLUMN',
    path,
    problem: 'A column is named "file_row_number", as DuckDB names the number of a row.',
    mend,
  });
}

function unionOf(files: readonly ParquetFile[]): readonly ColumnFacts[] {
  const columns = new Map<string, { readonly column: FileColumn; readonly file: string }>();
  for (const { name: file, columns: own } of files) {
    for (const column of own) {
      const first = columns.get(column.name);
      if (first === undefined || saysMore(column, first.column)) columns.set(column.name, { column, file });
      else if (column.select.length > 0 && wordFor(first.column.reading) !== wordFor(column.reading)) {
        throw new HeadgateError({
          code: 'INCOMPATIBLE_COLUMNS',
          path: `columns.${column.name}`,
          problem: 'Files disagree on what this column is.',
          expected: `${wordFor(first.column.reading)}, as in ${first.file}`,
          received: `${wordFor(column.reading)} in ${file}`,
          mend: 'Read them apart, or bring them together in the query of a sqlSource.',
        });
      }
    }
  }
  return [...columns.values()].map(({ column: { name, reading } }) => ({ name, reading }));
}

/** It has values where the other has none, or numbers of more bytes. */
function saysMore({ reading: own, select }: FileColumn, before: FileColumn): boolean {
  if (select.length === 0) return false;
  if (before.select.length === 0) return true;
  return own.kind === 'number' && before.reading.kind === 'number' && before.reading.isNarrow && !own.isNarrow;
}

const WORDS = {
  number: 'numbers',
  boolean: 'booleans',
  text: 'texts',
  instant: 'dates',
  bytes: 'bytes',
  json: 'JSON',
  nested: 'lists or records',
} as const;

function wordFor(reading: Reading): string {
  if (reading.kind !== 'tensor') return WORDS[reading.kind];
  return `${reading.isByte ? 'bytes' : 'numbers'} of shape [${reading.shape.join(', ')}]`;
}

function differences(files: readonly ParquetFile[], columns: readonly ColumnFacts[]): readonly Note[] {
  return columns.flatMap(({ name }) => {
    const without = files.filter((file) => !file.columns.some((column) => column.name === name));
    if (without.length === 0) return [];
    const names = listed(without.map((file) => file.name));
    const text = `${without.length} of ${files.length} files have no column "${name}": it is missing in their rows (${names}).`;
    return [note('FILES_DIFFER', `columns.${name}`, text)];
  });
}

function isSized({ kind }: Reading): boolean {
  return kind === 'text' || kind === 'bytes' || kind === 'json' || kind === 'nested';
}

/** In memory, beside what `isSized` says depends on the file. */
export function bytesOf(reading: Reading): number {
  if (reading.kind === 'tensor') return sizeOf(reading.shape) * (reading.isByte ? 1 : 4) + 1;
  if (reading.kind === 'number') return reading.isNarrow ? 4 : 8;
  if (reading.kind === 'boolean') return 4;
  return reading.kind === 'text' ? 48 : 120;
}

function tooManyRows(rows: number, files: readonly DataFile[]): HeadgateError {
  return new HeadgateError({
    code: 'DATA_TOO_LARGE',
    path: listed(files.map(({ name }) => name)),
    problem: 'A source has a number for each row, of 32 bits.',
    expected: `at most ${2 ** 32 - 1} rows`,
    received: `${rows} rows`,
  });
}
