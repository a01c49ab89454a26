/** @file The batches of a source that is bound chunk by chunk: what a table's feed gives, without the whole table. */
import { HeadgateError } from '../errors.js';
import type { Json } from '../flow/graph.js';
import type { Note } from '../notes.js';
import type { Layout } from '../tasks/layout.js';
import { createBatcher } from './batches.js';
import { createBinder } from './bind.js';
import type { Cursor, Feed, FeedBatch } from './feed.js';
import { invalidOption } from './known-options.js';
import type { ReadOrder, Source } from './sources/source.js';
import type { Table } from './table.js';

export interface StreamFeed extends Feed {
  /** What looks like a slip in the rows so far. Throws `NO_LABELS` when none of them had a label column. */
  readonly notes: () => readonly Note[];
}

export interface StreamFeedOptions {
  readonly batchSize: number;
  /** Of the order of rows; null: the source's own order. */
  readonly seed: number | null;
  /** Whether the network looks at several rows at once: then neither padding nor blank rows may stand among them. */
  readonly mixesRows?: boolean;
}

/**
 * Batches of a source's rows, shuffled anew in each epoch, each with arrays of its own. A batch is bound by itself, and so depends on its own rows
 * alone, however the source cuts its chunks.
 *
 * @throws HeadgateError what `bindTable` throws, where `rows[12]` is the source's row; `NO_LABELS`, `EMPTY_DATASET` and
 * `NO_COUNTED_LABELS` at the end of an epoch
 */
export function streamFeed(source: Source, layout: Layout, options: StreamFeedOptions): StreamFeed {
  const { seed, mixesRows = false } = options;
  if (!(Number.isSafeInteger(options.batchSize) && options.batchSize > 0)) {
    throw invalidOption('streamFeed.batchSize', 'a whole number above 0', options.batchSize);
  }
  const batchSize = source.rows === null ? options.batchSize : Math.max(1, Math.min(options.batchSize, source.rows));
  const binder = createBinder(layout);
  async function* batches(epoch: number, from: Cursor | null): AsyncGenerator<FeedBatch> {
    const order: ReadOrder = seed === null ? null : { seed, epoch };
    let step = from?.step ?? 0;
    let rows = 0;
    let counted = false;
    for await (const { table, ids, mark } of rechunked(source, order, from?.mark ?? null, batchSize)) {
      const dataset = binder.bindChunk(table, ids);
      rows += table.rows;
      counted ||= dataset.mask.includes(1);
      const batch = createBatcher(dataset, mixesRows ? table.rows : batchSize, { blanksUncounted: !mixesRows })(
        Uint32Array.from(ids.keys()),
      );
      yield { batch, ids, cursor: { epoch, step: ++step, mark } };
    }
    if (from !== null) return; // the rows before may have had labels
    if (rows === 0) throw noRows();
    binder.notes();
    if (!counted) throw noCountedLabels(rows);
  }
  const steps = source.rows === null ? null : Math.ceil(source.rows / batchSize);
  return { rows: source.rows, steps, batchSize, batches, notes: binder.notes };
}

interface Piece {
  readonly table: Table;
  readonly ids: Uint32Array;
  /** The source's mark before the chunk that this is of, and the rows of the chunk that come before this. */
  readonly before: Json;
  readonly skipped: number;
}

/** A source's rows in tables of `size` rows, the last with what is left; a mark leads to the row after each. */
async function* rechunked(
  source: Source,
  order: ReadOrder,
  mark: Json,
  size: number,
): AsyncGenerator<{ readonly table: Table; readonly ids: Uint32Array; readonly mark: Json }> {
  let [before, skip] = placeOf(mark);
  let held: Piece[] = [];
  for await (const chunk of source.read(order, before)) {
    const piece: Piece = { table: chunk.table, ids: chunk.ids, before, skipped: 0 };
    before = chunk.mark;
    held.push(without(piece, Math.min(skip, chunk.table.rows)));
    skip -= Math.min(skip, chunk.table.rows);
    while (rowsIn(held) >= size) {
      const { taken, left } = cut(held, size);
      held = left;
      const [next] = left;
      yield { ...joined(taken), mark: next === undefined ? [before, 0] : [next.before, next.skipped] };
    }
  }
  if (rowsIn(held) > 0) yield { ...joined(held), mark: [before, 0] };
}

function placeOf(mark: Json): [Json, number] {
  if (mark === null) return [null, 0];
  const [before, skip] = Array.isArray(mark) ? mark : [];
  if (before !== undefined && Number.isSafeInteger(skip)) return [before, Number(skip)];
  throw invalidOption('streamFeed.from', 'the cursor of one of its batches', mark);
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

function joined(pieces: readonly Piece[]): { readonly table: Table; readonly ids: Uint32Array } {
  const parts = pieces.filter(({ ids }) => ids.length > 0);
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

function noRows(): HeadgateError {
  return new HeadgateError({
    code: 'EMPTY_DATASET',
    path: 'data',
    problem: 'The source gave no rows.',
    expected: 'at least one row',
    received: '0 rows',
  });
}

function noCountedLabels(rows: number): HeadgateError {
  return new HeadgateError({
    code: 'NO_COUNTED_LABELS',
    path: 'data',
    problem: 'No label of this source counts for any task, so there is nothing to learn from.',
    expected: 'at least one row where a task has a label and its condition is true',
    received: `${rows} rows without one`,
    mend: 'Check the label columns, and that the tasks which conditions ask about are labelled too.',
  });
}
