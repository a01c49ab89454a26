/** @file Rows that can be read in order only, or cost much to read, are written once into Parquet beside the database. */

import type { Note } from '../../../notes.js';
import type { OptionsOf } from '../../../options.js';
import { type ColumnPlan, selected, selectedAgain } from './column-plan.js';
import { type Connection, type Database, openDatabase, quoted } from './database.js';
import type { FailureFacts } from './failures.js';
import { blockSource, type FileSource, type fileSourceSchema } from './file-source.js';
import { bytesOf, type ParquetFile, setOf } from './parquet-set.js';

/** Small, so that a block is a whole one: of wide rows, DuckDB would unpack all that lie before a block to come to it. */
const MOST_GROUP_ROWS = 32_768;
const GROUP_BYTES = 12 * 2 ** 20;
/** What DuckDB's vectors hold: smaller groups cost more than they save. */
const LEAST_GROUP_ROWS = 2048;

function groupRows(plans: readonly ColumnPlan[]): number {
  const rowBytes = plans.reduce((sum, { reading }) => sum + bytesOf(reading), 0);
  return Math.max(LEAST_GROUP_ROWS, Math.min(MOST_GROUP_ROWS, Math.floor(GROUP_BYTES / Math.max(1, rowBytes))));
}

export interface StagedRows {
  /** For a person: the file that they come from. */
  readonly name: string;
  /** SQL of a query. */
  readonly query: string;
  /** Of each of its columns, in its order. */
  readonly plans: readonly ColumnPlan[];
}

/** Runs a query once, and writes its rows in their order. */
export async function stage(
  { name, query, plans }: StagedRows,
  facts: FailureFacts,
  { connection, database }: { readonly connection: Connection; readonly database: Database },
): Promise<ParquetFile> {
  const pattern = database.newFile('parquet');
  const stored: string[] = [];
  const columns = plans.map((plan, i) => {
    const names = selected(plan, `c${i}`).map((sql, k) => {
      stored.push(`${sql} AS v${i}_${k}`);
      return `v${i}_${k}`;
    });
    return { name: plan.name, reading: plan.reading, select: selectedAgain(plan, names) };
  });
  const aliases = plans.map((_, i) => `c${i}`).join(', ');
  const sql = `COPY (SELECT ${stored.join(', ')} FROM (${query}\n) AS q(${aliases}))
    TO ${quoted(pattern)} (FORMAT parquet, ROW_GROUP_SIZE ${groupRows(plans)})`;
  await connection.ask(sql, facts);
  return { name, pattern, columns };
}

/** What a kind of file makes of its own names and options. */
export interface Staging {
  readonly staged: readonly ParquetFile[];
  readonly files: readonly string[];
  readonly notes: readonly Note[];
}

/** Opens a database, lets `work` write files into it, and makes a source of them; what fails leaves nothing behind. */
export async function stagedSource(
  options: OptionsOf<typeof fileSourceSchema> & { readonly communityExtensions?: boolean },
  work: (connection: Connection, database: Database) => Promise<Staging>,
): Promise<FileSource> {
  const database = await openDatabase(options);
  try {
    const connection = await database.connect();
    const { staged, files, notes } = await work(connection, database);
    const set = await setOf(staged, connection);
    connection.close();
    return blockSource({ database, set, files, options, notes });
  } catch (error) {
    database.close();
    throw error;
  }
}
