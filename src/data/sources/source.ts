/** @file A source: rows that come in chunks, in their own order or shuffled, from any place on. */
import type { Json } from '../../flow/graph.js';
import type { Note } from '../../notes.js';
import type { Column } from '../column.js';
import type { Table } from '../table.js';

/** Some rows of a source. */
export interface Chunk {
  readonly table: Table;
  /** Of each row: its number in the source, counted from 0; shuffling keeps it. */
  readonly ids: Uint32Array;
  /** Where the source stands after these rows: `read` goes on from there. Plain data. */
  readonly mark: Json;
}

/** Null: the source's own order. Else an order that depends on seed and epoch only, with every row once. */
export type ReadOrder = { readonly seed: number; readonly epoch: number } | null;

export interface ColumnInfo {
  readonly name: string;
  /** Null when it may differ from chunk to chunk. */
  readonly type: Column['type'] | null;
}

export interface Source {
  /** Null when nobody knows before all of them were read. */
  readonly rows: number | null;
  /** True where they can be read one time only: nothing can be learnt of them before the first step. Absent: false. */
  readonly once?: boolean;
  /** Null when nobody knows before the rows were read. */
  readonly columns: readonly ColumnInfo[] | null;
  /** What its user should know of the rows, as far as they were read. Absent: nothing. */
  readonly notes?: readonly Note[];
  /** Where it is made of several datasets that are read one after another in the source's own order: what each has. */
  readonly parts?: readonly { readonly name: string; readonly rows: number }[];
  /** The same rows in the same orders with these of its columns; absent where reading the others costs nothing. */
  readonly only?: (columns: ReadonlySet<string>) => Source;
  /** @param from a chunk's mark, read in the same order; null: from the beginning */
  readonly read: (order: ReadOrder, from: Json) => AsyncIterable<Chunk>;
  /** Any rows, in this order; null for a source that only flows. */
  readonly rowsAt: ((rows: Uint32Array) => Promise<Table> | Table) | null;
}

export interface ChunkOptions {
  /** Greatest number of rows in a chunk. Default 1024. */
  readonly chunkRows?: number;
}
