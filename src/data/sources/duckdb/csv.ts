/** @file CSV files as a source: read twice, to learn what the columns are and to write them as Parquet beside the database. */
import { either, listOf, oneOf, option, readOptions, text, withDefault } from '../../../options.js';
import { unknownColumn } from '../../table-errors.js';
import { type CellTypes, cellTypesSchema, duckTypes } from './cell-types.js';
import { planOf } from './column-plan.js';
import { headerOf, readFirstLine } from './csv-header.js';
import { requireShortLines } from './csv-lines.js';
import {
  type RejectedLine,
  type Rejects,
  type RejectTables,
  rejectNotes,
  rejectsOf,
  requireFitting,
} from './csv-rejects.js';
import { type CellCounts, COUNTS, countsOf, countsSql, inferTypes } from './csv-types.js';
import { type Connection, type Database, quoted } from './database.js';
import { type DataFile, type FileNames, filesOf } from './file-names.js';
import { type FileSource, type FileSourceOptions, fileSourceSchema } from './file-source.js';
import type { ParquetFile } from './parquet-set.js';
import { stage, stagedSource } from './staging.js';

export interface CsvSourceOptions extends FileSourceOptions {
  /** Types of columns, where the type should not be inferred. */
  readonly types?: CellTypes;
  /** One character. Default `,`. */
  readonly delimiter?: string;
  /** Whether the first line has the names of the columns; or these names, where no line has. Default true. */
  readonly header?: true | readonly string[];
  /** Texts that mean "missing", without quotes. Default: the empty field and `\N`. */
  readonly missing?: readonly string[];
  /** What becomes of lines that do not fit: an error, or they are left out, counted and noted. Default `error`. */
  readonly onReject?: 'error' | 'count';
}

export interface CsvSource extends FileSource {
  readonly rejected: {
    readonly count: number;
    /** The first hundred of each file. */
    readonly lines: readonly RejectedLine[];
  };
}

const schema = {
  ...fileSourceSchema,
  ...cellTypesSchema,
  delimiter: withDefault(
    option('one character, no quote and no line end', (given): given is string => /^[^"\r\n]$/.test(String(given))),
    ',',
  ),
  header: withDefault(
    either(
      option('true', (given): given is true => given === true),
      listOf(text, { least: 1 }),
    ),
    true,
  ),
  missing: withDefault(listOf(option('a text', (given): given is string => typeof given === 'string')), ['', '\\N']),
  onReject: withDefault(oneOf(['error', 'count']), 'error'),
};

type Options = ReturnType<typeof readOptions<typeof schema>>;

export async function openCsv(given: FileNames, own: CsvSourceOptions): Promise<CsvSource> {
  const options = readOptions('csvSource', schema, own, { separator: 'delimiter', sep: 'delimiter' });
  let rejects: readonly Rejects[] = [];
  const source = await stagedSource(options, async (connection, database) => {
    const found = await filesOf('csvSource', given, connection);
    const files: CsvFile[] = [];
    for (const [index, file] of found.entries()) files.push(await withHeader(file, index, options));
    const names = new Set(files.flatMap((file) => file.names));
    for (const name of Object.keys(options.types)) if (!names.has(name)) throw unknownColumn(name, [...names]);
    const reading = { connection, database, options };
    const { types, notes } = inferTypes(await countCells(files, reading), options.types);
    const staged: ParquetFile[] = [];
    const left: Rejects[] = [];
    for (const file of files) {
      const { rows, rejected } = await stageFile(file, (name) => duckTypes[types.get(name) ?? 'string'], reading);
      staged.push(rows);
      left.push(rejected);
    }
    rejects = left;
    return { staged, files: files.map(({ name }) => name), notes: [...rejectNotes(left), ...notes] };
  });
  const rejected = {
    count: rejects.reduce((sum, { count }) => sum + count, 0),
    lines: rejects.flatMap(({ lines }) => lines),
  };
  const descriptors = { ...Object.getOwnPropertyDescriptors(source), rejected: { value: rejected, enumerable: true } };
  return Object.freeze(Object.defineProperties({}, descriptors)) as CsvSource; // the source's own properties, and one more
}

interface CsvFile extends DataFile {
  readonly index: number;
  readonly names: readonly string[];
  readonly isGzip: boolean;
}

interface Place {
  readonly connection: Connection;
  readonly database: Database;
  readonly options: Options;
}

async function withHeader(file: DataFile, index: number, { header, delimiter, types }: Options): Promise<CsvFile> {
  const { line, isGzip } = await readFirstLine(file.name);
  const accepted = new Set(Object.keys(types));
  const names = header === true ? headerOf(line, { file: file.name, delimiter, accepted }) : header;
  await requireShortLines(file.name, isGzip);
  return { ...file, index, isGzip, names };
}

/** Of each column, what its cells are in each file that has it. */
async function countCells(
  files: readonly CsvFile[],
  place: Place,
): Promise<ReadonlyMap<string, readonly CellCounts[]>> {
  const all = new Map<string, CellCounts[]>();
  for (const file of files) {
    const tables = tablesOf(file, 1);
    const scan = scanOf(file, () => 'VARCHAR', place.options, tables);
    const counts = file.names.flatMap((_, i) => countsSql(`c${i}`));
    const [row = []] = await place.connection.ask(`SELECT ${counts.join(', ')} FROM ${scan}`, factsOf(file));
    requireFitting(
      await rejectsOf(file.name, file.names, tables, place.connection),
      place.options.onReject === 'count',
    );
    for (const [i, name] of file.names.entries()) {
      const own = countsOf(row.slice(i * COUNTS, (i + 1) * COUNTS));
      all.set(name, [...(all.get(name) ?? []), own]);
    }
  }
  return all;
}

async function stageFile(
  file: CsvFile,
  typeOf: (column: string) => string,
  place: Place,
): Promise<{ readonly rows: ParquetFile; readonly rejected: Rejects }> {
  const { connection, options } = place;
  const tables = tablesOf(file, 2);
  const query = `SELECT * FROM ${scanOf(file, typeOf, options, tables)}`;
  const { types } = await connection.describe(query, factsOf(file));
  const plans = file.names.flatMap((name, i) => {
    const type = types[i];
    return type === undefined ? [] : [planOf(name, type)];
  });
  const rows = await stage({ name: file.name, query, plans }, factsOf(file), place);
  const rejected = await rejectsOf(file.name, file.names, tables, connection);
  requireFitting(rejected, options.onReject === 'count');
  return { rows, rejected };
}

/** Where DuckDB writes lines that do not fit, in each of the two readings of a file. */
function tablesOf({ index }: CsvFile, reading: 1 | 2): RejectTables {
  return { errors: `rejects_${index}_${reading}`, scans: `scans_${index}_${reading}` };
}

/** Columns go by their place: no name of a file becomes SQL. */
function scanOf(
  { pattern, names, isGzip }: CsvFile,
  typeOf: (column: string) => string,
  { delimiter, header, missing }: Options,
  { errors, scans }: RejectTables,
): string {
  const columns = names.map((name, i) => `'c${i}': ${quoted(typeOf(name))}`).join(', ');
  return `read_csv(${quoted(pattern)}, auto_detect = false, columns = {${columns}}, delim = ${quoted(delimiter)},
    quote = '"', escape = '"', header = ${header === true}, nullstr = [${missing.map(quoted).join(', ')}],
    allow_quoted_nulls = false, null_padding = false, strict_mode = true, store_rejects = true,
    rejects_table = '${errors}', rejects_scan = '${scans}', rejects_limit = 0, compression = '${isGzip ? 'gzip' : 'none'}',
    hive_partitioning = false)`;
}

function factsOf({ name }: DataFile) {
  return { code: 'INVALID_CSV', path: name, problem: 'The file is not well-formed CSV.' } as const;
}
