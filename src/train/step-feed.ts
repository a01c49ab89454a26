/** @file What one optimizer step is made of: a batch of the feed, or several after one another. */
import type { Cursor, Feed, FeedBatch } from '../data/feed.js';
import { COUNTS } from '../data/ports.js';
import type { BatchTensor, HostTensor } from '../engine/engine.js';

export interface StepBatches {
  /** In the feed's order, at least one. */
  readonly parts: readonly FeedBatch[];
  /** The source's rows behind all of them. */
  readonly ids: Uint32Array;
  /** Of the whole step, `[tasks]` in layout order. */
  readonly counts: HostTensor;
  /** Where the run stands after this step: `step` counts optimizer steps. */
  readonly cursor: Cursor;
}

export interface StepFeed {
  /** Optimizer steps of an epoch; null when nobody knows yet. */
  readonly steps: number | null;
  /** Steps are valid until the next one is asked for. From the beginning of the epoch when `from` is null. */
  readonly batches: (epoch: number, from: Cursor | null) => AsyncIterable<StepBatches>;
}

/** @param accumulate batches of a step; the last step of an epoch has those that are left */
export function stepFeed(feed: Feed, accumulate: number): StepFeed {
  async function* batches(epoch: number, from: Cursor | null): AsyncGenerator<StepBatches> {
    let step = from?.step ?? 0;
    let parts: FeedBatch[] = [];
    const place = from === null ? null : { ...from, step: step * accumulate };
    for await (const taken of feed.batches(epoch, place)) {
      // A feed writes its next batch over this one.
      parts.push(accumulate === 1 ? taken : copied(taken));
      if (parts.length < accumulate) continue;
      yield stepOf(parts, ++step);
      parts = [];
    }
    if (parts.length > 0) yield stepOf(parts, ++step);
  }
  return { steps: stepsOf(feed, accumulate), batches };
}

/** Optimizer steps of an epoch. */
export function stepsOf({ steps }: Feed, accumulate: number): number | null {
  return steps === null ? null : Math.ceil(steps / accumulate);
}

function stepOf(parts: readonly FeedBatch[], step: number): StepBatches {
  const last = parts.at(-1);
  if (last === undefined) throw new Error('a step of no batches');
  const { epoch, mark } = last.cursor;
  const cursor = { epoch, step, mark };
  if (parts.length === 1) return { parts, ids: last.ids, counts: countsOf(last), cursor };
  const ids = Uint32Array.from(parts.flatMap((part) => [...part.ids]));
  return { parts, ids, counts: summedCounts(parts.map(countsOf)), cursor };
}

function countsOf({ batch }: FeedBatch): HostTensor {
  return batch.tensors[COUNTS] as HostTensor; // every batch of a feed has its counts, as float32
}

function summedCounts(counts: readonly HostTensor[]): HostTensor {
  const [first] = counts;
  if (first === undefined) throw new Error('a step of no batches');
  const data = Float32Array.from(
    first.data,
    (_, task) => counts.reduce((sum, { data: own }) => sum + (own[task] as number), 0), // of each the same tasks
  );
  return { ...first, data };
}

function copied({ batch, ids, cursor }: FeedBatch): FeedBatch {
  const tensors = Object.entries(batch.tensors).map(([name, tensor]): [string, BatchTensor] => [
    name,
    { ...tensor, data: tensor.data.slice() },
  ]);
  return { batch: { ...batch, tensors: Object.fromEntries(tensors) }, ids: ids.slice(), cursor };
}
