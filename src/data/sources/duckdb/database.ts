/** @file The one door to DuckDB: loaded when a source is opened, held within limits, and closed with the source. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { HeadgateError } from '../../../errors.js';
import { optional, text, wholeNumber, withDefault } from '../../../options.js';
import { type FailureFacts, failure, missingPackage } from './failures.js';

export interface DatabaseOptions {
  /** What DuckDB itself may hold, beside the rows that are being read; what does not fit goes to disk. Default 256. */
  readonly memoryMegabytes?: number;
  /** Threads that decode files. Default 2. */
  readonly threads?: number;
  /** Where a folder for temporary files is made; `close` removes it. Default: the system's. */
  readonly temporaryDirectory?: string;
}

export const databaseSchema = {
  memoryMegabytes: withDefault(wholeNumber({ least: 64 }), 256),
  threads: withDefault(wholeNumber({ least: 1 }), 2),
  temporaryDirectory: optional(text),
};

export interface Database {
  /** Folder for files that live as long as the source. */
  readonly scratch: string;
  /** A name in that folder that nothing has. */
  readonly newFile: (extension: string) => string;
  /** @throws HeadgateError `DISPOSED` after `close` */
  readonly connect: () => Promise<Connection>;
  readonly isClosed: () => boolean;
  readonly close: () => void;
}

/** `facts` say what it means that a question fails, and where. */
export interface Connection {
  /** All rows of a small answer. */
  readonly ask: (sql: string, facts: FailureFacts, values?: DuckDBValue[]) => Promise<readonly (readonly unknown[])[]>;
  /** The columns of one statement's answer, without its rows. Several statements are refused. */
  readonly describe: (sql: string, facts: FailureFacts) => Promise<Described>;
  /** An answer, some thousand rows at a time. */
  readonly stream: (sql: string, facts: FailureFacts) => AsyncGenerator<DuckDBDataChunk>;
  /** Ends what is being asked, too. */
  readonly close: () => void;
}

/** Names may come twice. */
export interface Described {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  /** Whether it only reads. */
  readonly isQuery: boolean;
  readonly parameters: number;
}

/** `StatementType.SELECT` of the package, which is not loaded here. */
const QUERY = 1;

/** Extensions that are not DuckDB's own are loaded only where a source is made for one. */
interface Limits {
  readonly memoryMegabytes: number;
  readonly threads: number;
  readonly temporaryDirectory?: string | undefined;
  readonly communityExtensions?: boolean;
}

/**
 * A database in memory. No extension is ever fetched: DuckDB would run code from the network that nobody asked for.
 *
 * @throws HeadgateError `MISSING_PACKAGE`, `UNREADABLE_FILE` where there is no room for temporary files
 */
export async function openDatabase({ memoryMegabytes, threads, ...more }: Limits): Promise<Database> {
  const { DuckDBInstance } = await importDuckDB();
  const scratch = await scratchFolder(more.temporaryDirectory ?? tmpdir());
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryMegabytes}MiB`,
      threads: String(threads),
      temp_directory: path.join(scratch, 'spill'),
      autoinstall_known_extensions: 'false',
      allow_community_extensions: String(more.communityExtensions === true),
    });
    const database = databaseOf(instance, scratch);
    await settle(await database.connect());
    return database;
  } catch (error) {
    removeScratch(scratch);
    throw failure(error, OPENING);
  }
}

const OPENING = { code: 'SOURCE_FAILED', path: 'duckdb', problem: 'DuckDB could not be opened.' } as const;

/** It ends when it is closed, and nothing works for it any more. */
function databaseOf(instance: DuckDBInstance, scratch: string): Database {
  const open = new Set<Connection>();
  let [isClosed, hasEnded, connecting, files] = [false, false, 0, 0];
  const endIfUnused = (): void => {
    if (!isClosed || hasEnded || connecting > 0 || open.size > 0) return;
    hasEnded = true;
    instance.closeSync();
    removeScratch(scratch);
  };
  const connected = async (): Promise<DuckDBConnection> => {
    connecting++;
    try {
      return await instance.connect();
    } catch (error) {
      throw failure(error, OPENING);
    } finally {
      connecting--;
    }
  };
  return {
    scratch,
    newFile: (extension) => path.join(scratch, `${files++}.${extension}`),
    connect: async () => {
      if (isClosed) throw closed();
      const connection = connectionOf(await connected(), (ended) => {
        open.delete(ended);
        endIfUnused();
      });
      open.add(connection);
      if (!isClosed) return connection;
      connection.close();
      throw closed();
    },
    isClosed: () => isClosed,
    close: () => {
      if (isClosed) return;
      isClosed = true;
      for (const connection of open) connection.close();
      endIfUnused();
    },
  };
}

/** What can only be set when DuckDB runs; for all connections, since the settings may be locked later. */
async function settle(connection: Connection): Promise<void> {
  for (const setting of ["TimeZone = 'UTC'", 'parquet_metadata_cache = true']) {
    await connection.ask(`SET GLOBAL ${setting}`, OPENING);
  }
  connection.close();
}

function connectionOf(own: DuckDBConnection, whenClosed: (connection: Connection) => void): Connection {
  let isClosed = false;
  let running = 0;
  // A connection that is closed while a thread works for it takes the process down.
  const end = (): void => {
    own.closeSync();
    whenClosed(connection);
  };
  const asked = async <T>(facts: FailureFacts, question: () => Promise<T>): Promise<T> => {
    if (isClosed) throw closed();
    running++;
    try {
      return await question();
    } catch (error) {
      throw isClosed ? closed() : failure(error, facts);
    } finally {
      running--;
      if (isClosed && running === 0) end();
    }
  };
  const connection: Connection = {
    ask: (sql, facts, values) =>
      asked(facts, async () => (await own.runAndReadAll(sql, values)).getRows() as readonly (readonly unknown[])[]), // each reader checks what it takes
    describe: (sql, facts) =>
      asked(facts, async () => {
        const statement = await own.prepare(sql);
        // A parameter has no type yet, and neither has what is made of it.
        const columns = statement.parameterCount > 0 ? 0 : statement.columnCount;
        const places = Array.from({ length: columns }, (_, i) => i);
        const described = {
          names: places.map((i) => statement.columnName(i)),
          types: places.map((i) => statement.columnType(i)),
          isQuery: statement.statementType === QUERY,
          parameters: statement.parameterCount,
        };
        statement.destroySync();
        return described;
      }),
    stream: async function* stream(sql, facts) {
      const result = await asked(facts, () => own.stream(sql));
      for (;;) {
        const chunk = await asked(facts, () => result.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk;
      }
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      if (running === 0) end();
      else own.interrupt();
    },
  };
  return connection;
}

/** A text as SQL: nothing in it can end it. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A name as SQL. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function closed(): HeadgateError {
  return new HeadgateError({
    code: 'DISPOSED',
    path: 'source',
    problem: 'This source was closed.',
    mend: 'Close it after the last verb that reads it.',
  });
}

async function importDuckDB(): Promise<{ readonly DuckDBInstance: typeof DuckDBInstance }> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw missingPackage(cause);
  }
}

async function scratchFolder(parent: string): Promise<string> {
  try {
    const folder = await mkdtemp(path.join(parent, 'headgate-source-'));
    if (scratches.size === 0) process.on('exit', removeScratches);
    scratches.add(folder);
    return folder;
  } catch (cause) {
    throw failure(cause, {
      code: 'UNREADABLE_FILE',
      path: parent,
      problem: 'No folder for temporary files can be made here.',
      mend: 'Name another one: { temporaryDirectory }.',
    });
  }
}

/** Of sources that are open: a process that ends without closing them leaves nothing behind. */
const scratches = new Set<string>();

function removeScratch(folder: string): void {
  scratches.delete(folder);
  if (scratches.size === 0) process.off('exit', removeScratches);
  rmSync(folder, { recursive: true, force: true });
}

function removeScratches(): void {
  for (const folder of scratches) rmSync(folder, { recursive: true, force: true });
}
