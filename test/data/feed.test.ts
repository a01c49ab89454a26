/** @file A table's feed: the batches of an epoch, from any place on, and the rows behind them. */
import { expect, test } from 'vitest';
import { epochOrder } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import { type Cursor, tableFeed } from '../../src/data/feed.js';
import { COUNTS, inputPort, MASK } from '../../src/data/ports.js';
import { binary, type HeadgateError, multilabel, Project, vector } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';

const { resolved } = new Project({
  name: 'feed',
  inputs: { x: vector({ size: 1 }) },
  tasks: { a: binary(), traits: multilabel({ classes: ['r', 'g', 'b'] }) },
}).flow('full', (task, x) => {
  const a = task.a(x.features);
  return [a, task.traits(x.features).given(a)];
});
const layout = layoutOf(resolved);
const rows = Array.from({ length: 7 }, (_, i) => ({
  x: [i],
  a: i % 3 !== 0,
  traits: i === 1 ? null : { r: true, g: false, b: true },
}));
const dataset = bindTable(rows, layout);

interface Taken {
  readonly x: number[];
  readonly ids: number[];
  readonly size: number;
  readonly cursor: Cursor;
  readonly counts: number[];
}

async function take(feed: ReturnType<typeof tableFeed>, epoch: number, from: Cursor | null = null): Promise<Taken[]> {
  const taken: Taken[] = [];
  for await (const { batch, ids, cursor } of feed.batches(epoch, from)) {
    taken.push({
      x: [...(batch.tensors[inputPort('x')]?.data ?? [])].slice(0, batch.rows),
      ids: [...ids],
      size: batch.size,
      cursor,
      counts: [...(batch.tensors[COUNTS]?.data ?? [])],
    });
  }
  return taken;
}

test('an epoch: every row once, in the order of its seed, with its identity and the counts of its tasks', async () => {
  const feed = tableFeed(dataset, { batchSize: 3, seed: 11, mixesRows: false });
  expect(feed).toMatchObject({ rows: 7, steps: 3, batchSize: 3 });
  const taken = await take(feed, 2);
  expect(taken.flatMap(({ ids }) => ids)).toEqual([...epochOrder(7, 11, 2)]);
  for (const { x, ids, counts } of taken) {
    expect(x).toEqual(ids); // row i has the value i
    const letIn = ids.filter((row) => row % 3 !== 0 && row !== 1);
    expect(counts).toEqual([ids.length, 3 * letIn.length]);
  }
  expect(taken.map(({ cursor }) => cursor)).toEqual([1, 2, 3].map((step) => ({ epoch: 2, step, mark: null })));
  expect((await take(feed, 3)).flatMap(({ ids }) => ids)).not.toEqual([...epochOrder(7, 11, 2)]);
});

test('from any place on, what comes is what would have come', async () => {
  const feed = tableFeed(dataset, { batchSize: 3, seed: 11, mixesRows: false });
  const whole = await take(feed, 1);
  for (const [i, { cursor }] of whole.entries()) expect(await take(feed, 1, cursor)).toEqual(whole.slice(i + 1));
  expect(await take(feed, 1, { epoch: 1, step: 0, mark: null })).toEqual(whole);
});

test('the short batch: padded to the size of the others, with a mask of 0, or as it is', async () => {
  const padded = tableFeed(dataset, { batchSize: 3, seed: 11, mixesRows: false });
  expect((await take(padded, 0)).map(({ size, ids }) => [size, ids.length])).toEqual([
    [3, 3],
    [3, 3],
    [3, 1],
  ]);
  const bare = tableFeed(dataset, { batchSize: 3, seed: 11, mixesRows: true });
  expect((await take(bare, 0)).map(({ size }) => size)).toEqual([3, 3, 1]);
  for await (const { batch } of padded.batches(0, { epoch: 0, step: 2, mark: null })) {
    const { width } = layout;
    expect([...(batch.tensors[MASK]?.data ?? [])].slice(width)).toEqual(Array(2 * width).fill(0));
  }
  expect(tableFeed(dataset, { batchSize: 100, seed: 0, mixesRows: false })).toMatchObject({ batchSize: 7, steps: 1 });
});

test('a table of which nothing counts is refused before the first batch', () => {
  const none = bindTable([{ x: [0], a: null, traits: { r: true, g: true, b: true } }], layout);
  let error: HeadgateError | undefined;
  try {
    tableFeed(none, { batchSize: 1, seed: 0, mixesRows: false });
  } catch (thrown) {
    error = thrown as HeadgateError;
  }
  expect(error).toMatchObject({ code: 'NO_COUNTED_LABELS', received: '1 rows without one' });
});
