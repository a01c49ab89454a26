/** @file JSON lines as a source: types of whole columns, not of a sample. */
import { HeadgateError } from '../../../errors.js';
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
    const staged: ParquetFile[] = [];
    for (const file of files) staged.push(await stageLines(file, types, { connection, database }));
    const names = new Set(staged.flatMap(({ columns }) => columns.map(({ name }) => name)));
    for (const name of Object.keys(types)) if (!names.has(name)) throw unknownColumn(name, [...names]);
    return { staged, files: files.map(({ name }) => name), notes: [] };
  });
}

interface Place {
  readonly connection: Connection;
  readonly database: Database;
}

async function stageLines(file: DataFile, types: CellTypes, place: Place): Promise<ParquetFile> {
  const facts = { code: 'INVALID_JSON', path: file.name, problem: 'The file is not JSON lines.' } as const;
  const { connection } = place;
  const names = await keysOf(file, connection);
  const lower = names.map((name) => name.toLowerCase());
  const rename = 'Rename one of the keys: DuckDB does not tell capital letters apart.';
  requireDistinct(file.name, lower, rename);
  const scan = `read_json(${quoted(file.pattern)}, format = 'newline_delimited', records = true`;
  const found = await connection.describe(`SELECT * FROM ${scan}, sample_size = -1)`, facts);
  const declared = names.map((name): string => {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type !== undefined) return duckTypes[type];
    const place = found.names.indexOf(name);
    return inferred(String(found.types[place]), found.types[place]?.alias);
  });
  if (names.length === 0) {
    throw new HeadgateError({ ...facts, problem: 'The file has no record with a key.', expected: 'a record a line' });
  }
  const columns = names.map((name, i) => `${quoted(name)}: ${quoted(declared[i] ?? 'JSON')}`).join(', ');
  const query = `SELECT * FROM ${scan}, columns = {${columns}})`;
  const described = await connection.describe(query, facts);
  const plans = names.flatMap((name, i): ColumnPlan[] => {
    const type = described.types[i];
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

/** Of all lines, in the order of their first appearance. */
async function keysOf({ name, pattern }: DataFile, connection: Connection): Promise<readonly string[]> {
  const facts = { code: 'INVALID_JSON', path: name, problem: 'The file is not JSON lines.' } as const;
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
  return keys.map(([key]) => String(key));
}
