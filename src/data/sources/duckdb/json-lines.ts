/** @file JSON lines as a source: types of whole columns, not of a sample. */
import { HeadgateError, listed } from '../../../errors.js';
import { readOptions } from '../../../options.js';
import { unknownColumn } from '../../table-errors.js';
import { type CellTypes, cellTypesSchema, duckTypes } from './cell-types.js';
import { type ColumnPlan, planOf } from './column-plan.js';
import { type Connection, type Database, quoted } from './database.js';
import { type DataFile, type FileNames, filesOf } from './file-names.js';
import { type FileSource, type FileSourceOptions, fileSourceSchema } from './file-source.js';
import { type ParquetFile, requireDistinct } from './parquet-set.js';
import { stage, stagedSource } from './staging.js';

export interface JsonLinesOptions extends FileSourceOptions {
  /** Types of columns, where the type should not be inferred. A date must be declared: else it is text. */
  readonly types?: CellTypes;
}

const schema = { ...fileSourceSchema, ...cellTypesSchema };

export async function openJsonLines(given: FileNames, own: JsonLinesOptions): Promise<FileSource> {
  const { types, ...options } = readOptions('jsonLinesSource', schema, own);
  return stagedSource(options, async (connection, database) => {
    const files = await filesOf('jsonLinesSource', given, connection);
    const names: (readonly string[])[] = [];
    for (const file of files) names.push(await keysOf(file, connection));
    const all = new Set(names.flat());
    for (const name of Object.keys(types)) if (!all.has(name)) throw unknownColumn(name, [...all]);
    const found = await typesOf(files, connection);
    const staged: ParquetFile[] = [];
    for (const [i, file] of files.entries()) {
      const columns = (names[i] ?? []).map((name): Declared => {
        const type = Object.hasOwn(types, name) ? types[name] : undefined;
        return [name, type === undefined ? (found.get(name) ?? 'JSON') : duckTypes[type]];
      });
      staged.push(await stageLines(file, columns, { connection, database }));
    }
    return { staged, files: files.map(({ name }) => name), notes: [] };
  });
}

/** A column, and its type in SQL. */
type Declared = readonly [name: string, type: string];

interface Place {
  readonly connection: Connection;
  readonly database: Database;
}

const NONE = { code: 'INVALID_JSON', problem: 'The file is not JSON lines.' } as const;

/** Of each column: what its values are in all files. */
async function typesOf(files: readonly DataFile[], connection: Connection): Promise<ReadonlyMap<string, string>> {
  const patterns = files.map(({ pattern }) => quoted(pattern)).join(', ');
  const scan = `read_json([${patterns}], format = 'newline_delimited', records = true, union_by_name = true,
    sample_size = -1, maximum_sample_files = ${files.length})`;
  const path = listed(files.map(({ name }) => name));
  const { names, types } = await connection.describe(`SELECT * FROM ${scan}`, { ...NONE, path });
  return new Map(names.map((name, i) => [name, inferred(String(types[i]), types[i]?.alias)]));
}

async function stageLines(file: DataFile, declared: readonly Declared[], place: Place): Promise<ParquetFile> {
  const facts = { ...NONE, path: file.name };
  const columns = declared.map(([name, type]) => `${quoted(name)}: ${quoted(type)}`).join(', ');
  const query = `SELECT * FROM read_json(${quoted(file.pattern)}, format = 'newline_delimited', records = true,
    columns = {${columns}})`;
  const { types } = await place.connection.describe(query, facts);
  const plans = declared.flatMap(([name], i): ColumnPlan[] => {
    const type = types[i];
    return type === undefined ? [] : [planOf(name, type)];
  });
  return stage({ name: file.name, query, plans }, facts, place);
}

/** Numbers, booleans and texts; all else is JSON itself. What looks like a date is a text until somebody declares it. */
function inferred(type: string, alias: string | undefined): string {
  if (alias === 'JSON') return 'JSON';
  if (/^(U?BIGINT|HUGEINT|DOUBLE|BOOLEAN|VARCHAR)$/.test(type)) return type;
  return /^(DATE|TIME|TIMESTAMP.*|UUID)$/.test(type) ? 'VARCHAR' : 'JSON';
}

/** Of all lines, in the order of their first appearance. @throws HeadgateError `INVALID_JSON`, `DUPLICATE_COLUMN` */
async function keysOf({ name, pattern }: DataFile, connection: Connection): Promise<readonly string[]> {
  const facts = { ...NONE, path: name };
  const lines = `SELECT json, row_number() OVER () AS line FROM read_ndjson_objects(${quoted(pattern)})`;
  const strange = await connection.ask(
    `SELECT line, left(json::VARCHAR, 60) FROM (${lines}) WHERE json_type(json) <> 'OBJECT' ORDER BY line LIMIT 1`,
    facts,
  );
  const [first] = strange;
  if (first !== undefined) {
    throw new HeadgateError({
      ...facts,
      path: `${name} (value ${first[0]})`,
      problem: 'A line is not a record.',
      received: String(first[1]),
    });
  }
  const keys = await connection.ask(
    `SELECT key FROM (
      SELECT unnest(names) AS key, generate_subscripts(names, 1) AS place, line
      FROM (SELECT json_keys(json) AS names, line FROM (${lines}))
    ) GROUP BY key ORDER BY min(line), arg_min(place, line)`,
    facts,
  );
  const names = keys.map(([key]) => String(key));
  if (names.length === 0) {
    throw new HeadgateError({ ...facts, problem: 'The file has no record with a key.', expected: 'a record a line' });
  }
  const lower = names.map((key) => key.toLowerCase());
  requireDistinct(name, lower, 'Rename one of the keys: DuckDB does not tell capital letters apart.');
  return names;
}
