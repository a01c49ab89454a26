/** @file A feed: the batches of an epoch in their order, from any place on, with the rows that each is made of. */
import { HeadgateError } from '../errors.js';
import type { Json } from '../flow/graph.js';
import type { Augment } from './augment/augmenter.js';
import { type Batcher, createBatcher, epochOrder, wholeBatch } from './batches.js';
import type { Batch, Dataset } from './dataset.js';

/** Where a run stands in its data. Plain data: a run that is resumed starts from it. */
export interface Cursor {
  /** Epochs finished. */
  readonly epoch: number;
  /** Batches taken of the running epoch. */
  readonly step: number;
  /** What a source needs to go on from here; null for one that finds its place by epoch and step. */
  readonly mark: Json;
}

export interface FeedBatch {
  readonly batch: Batch;
  /** The source's row behind each row of the batch, whatever the order; padding has none. */
  readonly ids: Uint32Array;
  /** Where the feed stands after this batch. */
  readonly cursor: Cursor;
}

export interface Feed {
  /** Rows of an epoch; null when nobody knows yet. */
  readonly rows: number | null;
  /** Batches of an epoch; null when nobody knows yet. */
  readonly steps: number | null;
  /** Greatest number of rows in a batch. */
  readonly batchSize: number;
  /** A batch is valid until the next one is asked for. From the beginning of the epoch when `from` is null. */
  readonly batches: (epoch: number, from: Cursor | null) => AsyncIterable<FeedBatch>;
}

export interface TableFeedOptions {
  readonly batchSize: number;
  /** Of the order of rows. */
  readonly seed: number;
  /** Whether the network looks at several rows at once: then neither padding nor blank rows may stand among them. */
  readonly mixesRows: boolean;
  /** What becomes of rows in an epoch; default: they stay. */
  readonly augment?: Augment | null;
}

/**
 * The rows of a bound table, shuffled anew in each epoch: batches are gathered from its buffers.
 *
 * @throws HeadgateError `NO_COUNTED_LABELS` when no label of the table counts for any task; `CANNOT_CONTINUE` for a
 * cursor of a source
 */
export function tableFeed(dataset: Dataset, { batchSize, seed, mixesRows, augment = null }: TableFeedOptions): Feed {
  requireCountedLabels(dataset);
  const { rows } = dataset;
  const size = Math.min(batchSize, rows);
  const batchers = new Map<number, Batcher>();
  const batcherOf = (count: number): Batcher => {
    const batcher = batchers.get(count) ?? createBatcher(dataset, count, { blanksUncounted: !mixesRows, seed });
    batchers.set(count, batcher);
    return batcher;
  };
  async function* batches(epoch: number, from: Cursor | null): AsyncGenerator<FeedBatch> {
    if (from !== null && from.mark !== null) throw otherData('table', 'source');
    const order = epochOrder(rows, seed, epoch);
    for (let step = from?.step ?? 0; step * size < rows; step++) {
      const places = order.subarray(step * size, (step + 1) * size);
      const count = mixesRows ? places.length : size;
      const batch =
        augment === null
          ? batcherOf(count)(places, epoch + 1) // 0 is that of evaluations
          : wholeBatch(augment(dataset, places, epoch), count, { blanksUncounted: !mixesRows, seed }, epoch + 1);
      const ids = places.map((place) => dataset.ids[place] as number); // one for each row
      yield { batch, ids, cursor: { epoch, step: step + 1, mark: null } };
    }
  }
  return { rows, steps: Math.ceil(rows / size), batchSize: size, batches };
}

function requireCountedLabels(dataset: Dataset): void {
  if (!dataset.mask.includes(1)) throw noCountedLabels('table', dataset.rows);
}

export function noCountedLabels(data: 'table' | 'source', rows: number): HeadgateError {
  return new HeadgateError({
    code: 'NO_COUNTED_LABELS',
    path: 'train',
    problem: `no label of this ${data} counts for any task, so there is nothing to learn from`,
    expected: 'at least one row where a task has a label and its condition is true',
    received: `${rows} rows without one`,
    mend: 'Check the label columns, and that the tasks which conditions ask about are labelled too.',
  });
}

/** Within an epoch, each finds its place in a way of its own. */
export function otherData(now: 'table' | 'source', before: 'table' | 'source'): HeadgateError {
  return new HeadgateError({
    code: 'CANNOT_CONTINUE',
    path: 'data',
    problem: 'this fit cannot go on where the one before it ended, in the middle of an epoch',
    expected: `a ${before}, as in that fit`,
    received: `a ${now}`,
    mend: 'Give the same data, or fit without `continue`.',
  });
}
