/** @file A source's rows in pieces of one size, however it cuts its chunks. */
import { HeadgateError, show } from '../errors.js';
import type { Json } from '../flow/graph.js';
import { invalidOption } from '../options.js';
import { oneAhead } from './one-ahead.js';
import type { Chunk, ReadOrder, Source } from './sources/source.js';
import { Table } from './table.js';

export interface Rechunked {
  readonly table: Table;
  /** Of each row: its number in the source. */
  readonly ids: Uint32Array;
  /** Leads to the row after these. */
  readonly mark: Json;
}

/**
 * The rows in tables of `size` rows, the last with what is left. While one is in use, the next chunk is being read: two
 * chunks are held at most, beside the rows of the piece.
 *
 * @param mark of an earlier piece in the same order; null: from the beginning
 * @throws HeadgateError `INVALID_SOURCE`, and what the source throws
 */
export async function* rechunked(
  source: Source,
  order: ReadOrder,
  mark: Json,
  size: number,
): AsyncGenerator<Rechunked> {
  let [before, skip] = placeOf(mark);
  let held: Piece[] = [];
  for await (const chunk of oneAhead(source.read(order, before))) {
    requireChunk(chunk);
    const { table, ids } = chunk;
    const passed = Math.min(skip, table.rows);
    skip -= passed;
    // An empty table need not have the columns of the others.
    if (passed < table.rows) held.push(without({ table, ids, before, skipped: 0 }, passed));
    before = chunk.mark;
    while (rowsIn(held) >= size) {
      const { taken, left } = cut(held, size);
      held = left;
      const [next] = left;
      yield { ...joined(taken), mark: next === undefined ? [before, 0] : [next.before, next.skipped] };
    }
  }
  if (rowsIn(held) > 0) yield { ...joined(held), mark: [before, 0] };
}

interface Piece {
  readonly table: Table;
  readonly ids: Uint32Array;
  /** The source's mark before the chunk that this is of, and the rows of the chunk that come before this. */
  readonly before: Json;
  readonly skipped: number;
}

function placeOf(mark: Json): [Json, number] {
  if (mark === null) return [null, 0];
  const [before, skip] = Array.isArray(mark) ? mark : [];
  if (before !== undefined && Number.isSafeInteger(skip)) return [before, Number(skip)];
  throw invalidOption('streamFeed.from', mark, { expected: 'the cursor of one of its batches' });
}

function cut(pieces: readonly Piece[], size: number): { readonly taken: Piece[]; readonly left: Piece[] } {
  const taken: Piece[] = [];
  const left: Piece[] = [];
  let wanted = size;
  for (const piece of pieces) {
    const own = Math.min(wanted, piece.ids.length);
    wanted -= own;
    if (own > 0) taken.push({ ...piece, table: piece.table.slice(0, own), ids: piece.ids.subarray(0, own) });
    if (own < piece.ids.length) left.push(without(piece, own));
  }
  return { taken, left };
}

function without({ table, ids, before, skipped }: Piece, rows: number): Piece {
  return { table: table.slice(rows), ids: ids.subarray(rows), before, skipped: skipped + rows };
}

function joined(parts: readonly Piece[]): { readonly table: Table; readonly ids: Uint32Array } {
  const [first, ...others] = parts as [Piece, ...Piece[]]; // callers have rows
  const ids = new Uint32Array(rowsIn(parts));
  let at = 0;
  for (const part of parts) {
    ids.set(part.ids, at);
    at += part.ids.length;
  }
  return { table: others.length === 0 ? first.table : first.table.concat(...others.map(({ table }) => table)), ids };
}

function rowsIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { ids }) => sum + ids.length, 0);
}

/** Sources may come from outside. */
function requireChunk(chunk: Chunk): void {
  const { table, ids, mark } = Object(chunk) as Partial<Chunk>; // of anything but an object they are undefined
  if (table instanceof Table && ids instanceof Uint32Array && ids.length === table.rows && mark !== undefined) return;
  throw new HeadgateError({
    code: 'INVALID_SOURCE',
    path: 'data',
    problem: 'The source gave a chunk that is none.',
    expected: '{ table, ids, mark }: a Table, a Uint32Array with the number of each of its rows, and plain data',
    received: table instanceof Table ? `${table.rows} rows, ids ${show(ids)}` : show(chunk),
  });
}

/** @throws HeadgateError `EMPTY_DATASET`, and `INVALID_SOURCE` where the source gave another number of rows than it said */
export function requireRows({ rows }: Source, given: number): void {
  if (given === 0) {
    throw new HeadgateError({
      code: 'EMPTY_DATASET',
      path: 'data',
      problem: 'The source gave no rows.',
      expected: 'at least one row',
      received: '0 rows',
    });
  }
  if (rows === null || rows === given) return;
  throw new HeadgateError({
    code: 'INVALID_SOURCE',
    path: 'data',
    problem: 'The source gave another number of rows than it has.',
    expected: `${rows} rows`,
    received: `${given} rows`,
    mend: '`rows` may be null, where the number is not known.',
  });
}
