/** @file The batches of a source that is bound chunk by chunk: what a table's feed gives, without the whole table. */
import type { Note } from '../notes.js';
import { invalidOption } from '../options.js';
import type { Layout } from '../tasks/layout.js';
import type { Augment } from './augment/augmenter.js';
import { wholeBatch } from './batches.js';
import { createBinder, type OnlyTasks } from './bind.js';
import type { Dataset } from './dataset.js';
import { type Cursor, type Feed, type FeedBatch, noCountedLabels, otherData } from './feed.js';
import { oneAhead } from './one-ahead.js';
import { rechunked, requireRows } from './rechunk.js';
import type { ReadOrder, Source } from './sources/source.js';
import { rowNumbers, type Table } from './table.js';

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
  /** Is shown the rows of every batch. */
  readonly seen?: (dataset: Dataset, table: Table) => void;
  /** The tasks whose labels count; default all. */
  readonly only?: OnlyTasks;
  /** The column that says how much each row counts; default: all alike. */
  readonly weightColumn?: string | null;
  /** What becomes of rows in an epoch; default: they stay. */
  readonly augment?: Augment | null;
}

/**
 * Batches of a source's rows, shuffled anew in each epoch, each with arrays of its own: while one is used, the next is made. A
 * batch is bound by itself, and so depends on its own rows alone, however the source cuts its chunks.
 *
 * @throws HeadgateError what `bindTable` throws, where `rows[12]` is the source's row; `NO_LABELS`, `EMPTY_DATASET`,
 * `INVALID_SOURCE` and `NO_COUNTED_LABELS` at the end of an epoch; `CANNOT_CONTINUE` for a cursor of other data
 */
export function streamFeed(source: Source, layout: Layout, options: StreamFeedOptions): StreamFeed {
  const { seed, mixesRows = false, seen, augment = null } = options;
  if (!(Number.isSafeInteger(options.batchSize) && options.batchSize > 0)) {
    throw invalidOption('streamFeed.batchSize', options.batchSize, { expected: 'a whole number above 0' });
  }
  const batchSize = source.rows === null ? options.batchSize : Math.max(1, Math.min(options.batchSize, source.rows));
  const binder = createBinder(layout, options.only ?? null, options.weightColumn ?? null);
  async function* batches(epoch: number, from: Cursor | null): AsyncGenerator<FeedBatch> {
    const order: ReadOrder = seed === null ? null : { seed, epoch };
    let step = from?.step ?? 0;
    const isWhole = step === 0;
    if (!isWhole && from?.mark === null) throw otherData('source', 'table');
    let rows = 0;
    let counted = false;
    for await (const { table, ids, mark } of rechunked(source, order, from?.mark ?? null, batchSize)) {
      const bound = binder.bindChunk(table, ids);
      seen?.(bound, table);
      const dataset = augment === null ? bound : augment(bound, rowNumbers(table.rows), epoch);
      rows += table.rows;
      counted ||= bound.mask.includes(1);
      const drawn = seed === null ? {} : { seed };
      const size = mixesRows ? table.rows : batchSize;
      const batch = wholeBatch(dataset, size, { blanksUncounted: !mixesRows, ...drawn }, epoch + 1); // 0 is that of evaluations
      yield { batch, ids, cursor: { epoch, step: ++step, mark } };
    }
    if (!isWhole) return; // the rows before may have had labels
    requireRows(source, rows);
    binder.notes();
    if (!counted) throw noCountedLabels('source', rows);
  }
  const steps = source.rows === null ? null : Math.ceil(source.rows / batchSize);
  const ahead = (epoch: number, from: Cursor | null) => oneAhead(batches(epoch, from), true);
  return {
    rows: source.rows,
    steps,
    batchSize,
    batches: ahead,
    notes: () => [...(source.notes ?? []), ...binder.notes()],
  };
}
