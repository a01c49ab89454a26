/** @file A source of blocks: shuffled in two levels, one pool read ahead, resumable from any row. */
import type { Json } from '../../../flow/graph.js';
import { type Note, note } from '../../../notes.js';
import { optional, wholeNumber, withDefault } from '../../../options.js';
import { permutation } from '../../../random.js';
import { epochOrder } from '../../batches.js';
import type { Table } from '../../table.js';
import type { Chunk, ColumnInfo, ReadOrder, Source } from '../source.js';
import { type Block, cutBlocks, cutOf, markOf, placeOf, poolsOf } from './blocks.js';
import { tableType } from './column-plan.js';
import { type Connection, closed, type Database, type DatabaseOptions, databaseSchema } from './database.js';
import type { ParquetSet } from './parquet-set.js';
import { type Pool, readPool } from './pool-reader.js';

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
}

const POOL_ROWS = 262_144;
const POOL_BYTES = 96 * 2 ** 20;

export function blockSource({ database, set, files, options, notes = [] }: BlockSourceFacts): FileSource {
  const { chunkRows, blockRows } = options;
  const poolRows = options.poolRows ?? Math.max(1, Math.min(POOL_ROWS, Math.floor(POOL_BYTES / set.rowBytes)));
  const blocks = cutBlocks(set.groups, poolRows, blockRows);
  const cut = cutOf(blocks, poolRows);
  const rounded = new Set<string>();
  const onRounded = (column: string) => rounded.add(column);
  const only = set.rows <= poolRows ? wholeReader(database, set, blocks, onRounded) : null;

  async function* read(order: ReadOrder, from: Json): AsyncGenerator<Chunk> {
    const pools = only === null ? poolsOf(blocks, poolRows, order) : [blocks];
    const place = placeOf(from, cut);
    let { row } = place;
    const reader = only ?? (await poolReader(database, set, onRounded));
    let next = begun(reader, pools[place.pool]);
    try {
      for (let pool = place.pool; next !== null; pool++) {
        const { table, ids } = await next;
        next = begun(reader, pools[pool + 1]);
        const places = orderOf(table.rows, order, pools.length === 1 ? null : pool);
        for (; row < table.rows; row += chunkRows) {
          const end = Math.min(row + chunkRows, table.rows);
          const mark = end === table.rows ? { pool: pool + 1, row: 0 } : { pool, row: end };
          yield { ...chosen(table, ids, places.subarray(row, end)), mark: markOf(mark, cut) };
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
    rowsAt: only === null ? null : async (rows: Uint32Array) => (await only.read(blocks)).table.select(rows),
    close: database.close,
  });
}

/** A pool of one that holds all rows is shuffled as a table is. */
function orderOf(rows: number, order: ReadOrder, pool: number | null): Uint32Array {
  if (order === null) return Uint32Array.from({ length: rows }, (_, row) => row);
  const { seed, epoch } = order;
  return pool === null
    ? epochOrder(rows, seed, epoch)
    : permutation(rows, { seed, stream: `shuffle/pool/${pool}`, counter: epoch });
}

function chosen(
  table: Table,
  ids: Uint32Array,
  places: Uint32Array,
): { readonly table: Table; readonly ids: Uint32Array } {
  return { table: table.select(places), ids: places.map((place) => ids[place] as number) };
}

interface PoolReader {
  readonly read: (blocks: readonly Block[]) => Promise<Pool>;
  readonly close: () => void;
}

type OnRounded = (column: string) => void;

/** A connection for one reading: several may go on at the same time. */
async function poolReader(database: Database, set: ParquetSet, onRounded: OnRounded): Promise<PoolReader> {
  const connection: Connection = await database.connect();
  return { read: (blocks) => readPool(set, blocks, connection, onRounded), close: connection.close };
}

/** All rows fit into a pool: they are read once, and kept. */
function wholeReader(database: Database, set: ParquetSet, blocks: readonly Block[], onRounded: OnRounded): PoolReader {
  let kept: Promise<Pool> | null = null;
  const readOnce = async (): Promise<Pool> => {
    const reader = await poolReader(database, set, onRounded);
    try {
      return await reader.read(blocks);
    } finally {
      reader.close();
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

/** What it throws is thrown when its turn comes. */
function begun(reader: PoolReader, blocks: readonly Block[] | undefined): Promise<Pool> | null {
  if (blocks === undefined || blocks.length === 0) return null;
  const pool = reader.read(blocks);
  pool.catch(() => {});
  return pool;
}

function roundedNotes(columns: ReadonlySet<string>): readonly Note[] {
  return [...columns].map((name) => {
    const text = `Instants in the column "${name}" are finer than a millisecond, and a Date holds no more.`;
    return note('ROUNDED_INSTANTS', `columns.${name}`, text);
  });
}
