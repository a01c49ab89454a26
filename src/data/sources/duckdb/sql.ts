/** @file The rows of a query: over files, and over databases that are attached. */
import { HeadgateError } from '../../../errors.js';
import { invalidOption, listOf, optional, readOptions, recordOf, text, withDefault } from '../../../options.js';
import { planOf } from './column-plan.js';
import { type Connection, type Database, quoted, quotedName } from './database.js';
import { type FileSource, type FileSourceOptions, fileSourceSchema } from './file-source.js';
import { requireDistinct } from './parquet-set.js';
import { stage, stagedSource } from './staging.js';

export interface SqlOptions extends FileSourceOptions {
  /**
   * Databases by the name that the query calls them by, read only: `sqlite:shop.db`, `postgres:dbname=shop`,
   * `duckdb:shop.duckdb`. The first two need an extension of DuckDB.
   */
  readonly attach?: Readonly<Record<string, string>>;
  /** Folders that the query may read; nothing else, and no other setting, is open to it then. Default: any file. */
  readonly directories?: readonly string[];
}

const schema = {
  ...fileSourceSchema,
  attach: withDefault(recordOf(text), {}),
  directories: optional(listOf(text)),
};

export async function openSql(query: string, own: SqlOptions): Promise<FileSource> {
  const { attach, directories, ...options } = readOptions('sqlSource', schema, own);
  if (typeof query !== 'string' || query.trim() === '') {
    throw invalidOption('sqlSource.query', query, { expected: "the SQL of a query: 'SELECT … FROM …'" });
  }
  const databases = Object.entries(attach).map(([name, address]) => ({ name, ...attached(name, address) }));
  return stagedSource(options, async (connection, database) => {
    for (const { name, type, address } of databases) {
      const facts = { code: 'UNREADABLE_FILE', path: `sqlSource.attach.${name}` } as const;
      const kind = type === 'duckdb' ? '' : `TYPE ${type}, `;
      await connection.ask(`ATTACH ${quoted(address)} AS ${quotedName(name)} (${kind}READ_ONLY)`, facts);
    }
    if (directories !== undefined) await restrict(directories, connection, database);
    return { ...(await rowsOf(query, connection, database)), notes: [], files: [] };
  });
}

async function rowsOf(query: string, connection: Connection, database: Database) {
  const facts = { code: 'INVALID_SQL', path: 'sqlSource.query', problem: 'The query failed.' } as const;
  const { names, types, isQuery, parameters } = await connection.describe(query, facts);
  if (!isQuery || parameters > 0) {
    throw new HeadgateError({
      code: 'INVALID_SQL',
      path: 'sqlSource.query',
      problem: isQuery ? 'The query has parameters, and nothing gives them values.' : 'This is not a query.',
      expected: 'one SELECT',
    });
  }
  requireDistinct('sqlSource.query', names, 'Name it otherwise in the query: SELECT … AS …');
  const plans = names.flatMap((name, i) => {
    const type = types[i];
    return type === undefined ? [] : [planOf(name, type)];
  });
  const own = query.trim().replace(/;\s*$/, '');
  return { staged: [await stage({ name: 'sqlSource.query', query: own, plans }, facts, { connection, database })] };
}

/** A query by somebody else: it reads these folders, and sets nothing. */
async function restrict(directories: readonly string[], connection: Connection, { scratch }: Database): Promise<void> {
  const allowed = [...directories, scratch].map((folder) => quoted(folder.endsWith('/') ? folder : `${folder}/`));
  const settings = [
    `allowed_directories = [${allowed.join(', ')}]`,
    'enable_external_access = false',
    'lock_configuration = true',
  ];
  for (const setting of settings) {
    await connection.ask(`SET GLOBAL ${setting}`, { code: 'INVALID_OPTIONS', path: 'sqlSource.directories' });
  }
}

function attached(name: string, given: string): { readonly type: string; readonly address: string } {
  const [, type, address] = /^(sqlite|postgres|duckdb):(.+)$/s.exec(given) ?? [];
  if (type !== undefined && address !== undefined) return { type, address };
  throw invalidOption(`sqlSource.attach.${name}`, given, {
    expected: 'sqlite:<file>, postgres:<connection string> or duckdb:<file>',
  });
}
