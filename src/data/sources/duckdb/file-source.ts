/** @file A source of blocks: shuffled in two levels, one pool read ahead, resumable from any row. */
import { setImmediate } from 'node:timers/promises';
import type { Json } from '../../../flow/graph.js';
import { type Note, note } from '../../../notes.js';
import { optional, wholeNumber, withDefault } from '../../../options.js';
import { permutation } from '../../../random.js';
import { epochOrder } from '../../batches.js';
import { unknownRow } from '../../table-errors.js';
import type { Chunk, ColumnInfo, ReadOrder, Source } from '../source.js';
import { type Block, cutBlocks, cutOf, markOf, placeOf, poolsOf } from './blocks.js';
import { tableType } from './column-plan.js';
import { type Connection, closed, type Database, type DatabaseOptions, databaseSchema } from './database.js';
import type { ParquetSet } from './parquet-set.js';
import { type Pool, poolReader } from './pool-reader.js';

/** Options of every source of files. */
export interface FileSourceOptions extends DatabaseOptions {
  /** Greatest number of rows in a chunk. Default 2048. */
  readonly chunkRows?: number;
  /**
   * Rows that are shuffled together; two such pools are in memory. Default 262,144, fewer where they would take more than
   * 96 MiB.
   */
  readonly poolRows?: number;
  /** Neighbouring rows that come into a pool together: fewer mix better and cost more. Default: see docs/data.md. */
  readonly blockRows?: number;
}

export const fileSourceSchema = {
  ...databaseSchema,
  chunkRows: withDefault(wholeNumber({ least: 1 }), 2048),
  poolRows: optional(wholeNumber({ least: 1 })),
  blockRows: optional(wholeNumber({ least: 1 })),
};

/** A source that reads files, and knows all about them but the rows. */
export interface FileSource extends Source {
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
  /** Names of the files, in the order of their rows. */
  readonly files: readonly string[];
  /** What looks like a slip, and what is not held to its last digit, as far as rows were read. */
  readonly notes: readonly Note[];
  /** Ends what reads it, and removes temporary files. Nothing can be read afterwards. */
  readonly close: () => void;
}

export interface BlockSourceFacts {
  readonly database: Database;
  readonly set: ParquetSet;
  readonly files: readonly string[];
  readonly options: {
    readonly chunkRows: number;
    readonly poolRows?: number | undefined;
    readonly blockRows?: number | undefined;
  };
  readonly notes?: readonly Note[];
  /** Columns whose instants were found to be finer than a `Date`. */
  readonly rounded?: Set<string>;
}

const POOL_ROWS = 262_144;
const POOL_BYTES = 96 * 2 ** 20;

export function blockSource(given: BlockSourceFacts): FileSource {
  const { database, set, files, options, notes = [], rounded = new Set<string>() } = given;
  const { chunkRows, blockRows } = options;
  // Of all columns, so that neither orders nor marks depend on which of them are read.
  const poolRows = options.poolRows ?? Math.max(1, Math.min(POOL_ROWS, Math.floor(POOL_BYTES / set.rowBytes)));
  const blocks = cutBlocks(set.groups, poolRows, blockRows);
  const cut = cutOf(blocks, poolRows);
  const facts: Facts = { database, set, onRounded: (column) => rounded.add(column) };
  const only = set.rows <= poolRows ? wholeReader(facts, blocks) : null;

  async function* read(order: ReadOrder, from: Json): AsyncGenerator<Chunk> {
    const pools = only === null ? poolsOf(blocks, poolRows, order) : [blocks];
    const place = placeOf(from, cut);
    let { row } = place;
    const reader = only ?? (await pooledReader(facts, pools));
    let next = begun(reader, pools[place.pool]);
    try {
      for (let pool = place.pool; next !== null; pool++) {
        const { ids, rowsAt } = await next.pool;
        next = begun(reader, pools[pool + 1]);
        const places = orderOf(ids.length, order, pools.length === 1 ? null : pool);
        for (; row < places.length; row += chunkRows) {
          const own = places.slice(row, row + chunkRows);
          const end = row + own.length;
          const mark = end === places.length ? { pool: pool + 1, row: 0 } : { pool, row: end };
          yield { table: rowsAt(own), ids: own.map((at) => ids[at] as number), mark: markOf(mark, cut) }; // rows of the pool
          // Whoever takes rows without a pause leaves no turn to what reads the next pool.
          if (next?.isReading === true) await setImmediate();
        }
        row = 0;
      }
    } finally {
      reader.close();
    }
  }
  return Object.freeze({
    rows: set.rows,
    columns: set.columns.map(({ name, reading }) => ({ name, type: tableType(reading) })),
    files,
    get notes() {
      return [...notes, ...set.notes, ...roundedNotes(rounded)];
    },
    read,
    rowsAt:
      only === null ? null : async (rows: Uint32Array) => (await only.read(blocks)).rowsAt(wanted(rows, set.rows)),
    ...(only === null
      ? {
          only: (names: ReadonlySet<string>) =>
            blockSource({ ...given, set: columnsOf(set, names), options: { ...options, poolRows }, rounded }),
        }
      : {}),
    close: database.close,
  });
}

function columnsOf(set: ParquetSet, names: ReadonlySet<string>): ParquetSet {
  const own = <C extends { readonly name: string }>(columns: readonly C[]) =>
    columns.filter(({ name }) => names.has(name));
  return {
    ...set,
    files: set.files.map((file) => ({ ...file, columns: own(file.columns) })),
    columns: own(set.columns),
  };
}

/** A pool of one that holds all rows is shuffled as a table is. */
function orderOf(rows: number, order: ReadOrder, pool: number | null): Uint32Array {
  if (order === null) return Uint32Array.from({ length: rows }, (_, row) => row);
  const { seed, epoch } = order;
  return pool === null
    ? epochOrder(rows, seed, epoch)
    : permutation(rows, { seed, stream: `shuffle/pool/${pool}`, counter: epoch });
}

/** @throws HeadgateError `UNKNOWN_ROW` */
function wanted(rows: Uint32Array, most: number): Uint32Array {
  for (const row of rows) if (row >= most) throw unknownRow(row, most);
  return rows;
}

interface Facts {
  readonly database: Database;
  readonly set: ParquetSet;
  readonly onRounded: (column: string) => void;
}

interface BlockReader {
  readonly read: (blocks: readonly Block[]) => Promise<Pool>;
  readonly close: () => void;
}

/** For one reading: several may go on at the same time. Of two stores, one is filled while the other is used. */
async function pooledReader(
  { database, set, onRounded }: Facts,
  pools: readonly (readonly Block[])[],
): Promise<BlockReader> {
  const connection: Connection = await database.connect();
  const sizes = pools.map((pool) => pool.reduce((sum, { rows }) => sum + rows, 0));
  const most = sizes.reduce((greatest, size) => Math.max(greatest, size), 0);
  const stores = [poolReader(set, most, onRounded), poolReader(set, most, onRounded)] as const;
  let readings = 0;
  return { read: (blocks) => stores[readings++ % 2 === 0 ? 0 : 1](blocks, connection), close: connection.close };
}

/** All rows fit into a pool: they are read once, and kept. */
function wholeReader({ database, set, onRounded }: Facts, blocks: readonly Block[]): BlockReader {
  let kept: Promise<Pool> | null = null;
  const readOnce = async (): Promise<Pool> => {
    const connection = await database.connect();
    try {
      return await poolReader(set, set.rows, onRounded)(blocks, connection);
    } finally {
      connection.close();
    }
  };
  return {
    read: async () => {
      if (database.isClosed()) throw closed();
      kept ??= readOnce().catch((error: unknown) => {
        kept = null;
        throw error;
      });
      return kept;
    },
    close: () => {},
  };
}

interface NextPool {
  readonly pool: Promise<Pool>;
  isReading: boolean;
}

/** What it throws is thrown when its turn comes. */
function begun(reader: BlockReader, blocks: readonly Block[] | undefined): NextPool | null {
  if (blocks === undefined || blocks.length === 0) return null;
  const next: NextPool = { pool: reader.read(blocks), isReading: true };
  const ended = (): void => {
    next.isReading = false;
  };
  next.pool.then(ended, ended);
  return next;
}

function roundedNotes(columns: ReadonlySet<string>): readonly Note[] {
  return [...columns].map((name) => {
    const text = `Instants in the column "${name}" are finer than a millisecond, and a Date holds no more.`;
    return note('ROUNDED_INSTANTS', `columns.${name}`, text);
  });
}
