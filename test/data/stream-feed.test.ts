import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatcher, epochOrder } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import type { Cursor } from '../../src/data/feed.js';
import type { Row } from '../../src/data/row.js';
import { concatSources } from '../../src/data/sources/concat.js';
import { iterableSource } from '../../src/data/sources/flowing.js';
import { recordsSource, tableSource } from '../../src/data/sources/random-access.js';
import type { Source } from '../../src/data/sources/source.js';
import { type StreamFeed, streamFeed } from '../../src/data/stream-feed.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';
import { vector } from '../../src/flow/inputs.js';
import { Project } from '../../src/project.js';
import { binary } from '../../src/tasks/binary.js';
import { type Layout, layoutOf } from '../../src/tasks/layout.js';
import { labelRows, randomFlow } from '../support/random-flow.js';

interface Seen {
  readonly ids: readonly number[];
  readonly rows: number;
  readonly tensors: readonly (readonly [string, readonly number[]])[];
}

const seen = (ids: Uint32Array, { rows, tensors }: { rows: number; tensors: StreamBatchTensors }): Seen => ({
  ids: [...ids],
  rows,
  tensors: Object.entries(tensors).map(([name, { data }]) => [name, [...data]]),
});
type StreamBatchTensors = Readonly<Record<string, { readonly data: ArrayLike<number> & Iterable<number> }>>;

async function taken(feed: StreamFeed, epoch = 0, from: Cursor | null = null) {
  const batches: Seen[] = [];
  const cursors: Cursor[] = [];
  for await (const { batch, ids, cursor } of feed.batches(epoch, from)) {
    batches.push(seen(ids, batch));
    cursors.push(cursor);
  }
  return { batches, cursors };
}

/** What a table that is bound whole gives. */
function whole(rows: readonly Row[], layout: Layout, batchSize: number, order: Uint32Array): Seen[] {
  const dataset = bindTable(rows, layout);
  const size = Math.min(batchSize, rows.length);
  const batches: Seen[] = [];
  for (let start = 0; start < rows.length; start += size) {
    const ids = order.subarray(start, start + size);
    batches.push(seen(ids, createBatcher(dataset, size, { blanksUncounted: true })(ids)));
  }
  return batches;
}

const inOrder = (rows: number) => Uint32Array.from({ length: rows }, (_, row) => row);
const project = new Project({ name: 'p', inputs: { x: vector({ columns: ['x'] }) }, tasks: { open: binary() } });
const layout = layoutOf(project.flow('full', (task, x) => [task.open(x.features)]).resolved);
const records = (count: number): Row[] => Array.from({ length: count }, (_, i) => ({ x: i, open: i % 3 === 0 }));
const counting = (rows: readonly Row[]) =>
  async function* open() {
    yield* rows;
  };

test('chunked and whole feeds give the same batches, bytes and ids, in order and shuffled, from every place on', async () => {
  const cases = fc.tuple(
    randomFlow,
    fc.integer({ min: 2, max: 20 }),
    fc.nat(),
    fc.integer({ min: 1, max: 9 }),
    fc.nat(3),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([{ flow }, count, seed, batchSize, epoch]) => {
      const own = layoutOf(flow);
      const labels = labelRows(flow, count, seed);
      const rows: Row[] = labels.map((row, i) => ({ ...row, x: [i, seed % 7, 1] }));
      if (!bindTable(rows, own).mask.includes(1)) return;
      const cut = seed % count;
      for (const chunkRows of [1, 7, count]) {
        const options = { chunkRows };
        const known: Source[] = [
          tableSource(Table.fromRecords(rows), options),
          recordsSource(rows, options),
          concatSources([recordsSource(rows.slice(0, cut)), tableSource(Table.fromRecords(rows).slice(cut))], options),
        ];
        for (const order of [null, seed]) {
          const expected = whole(
            rows,
            own,
            batchSize,
            order === null ? inOrder(count) : epochOrder(count, order, epoch),
          );
          for (const source of known) {
            const feed = streamFeed(source, own, { batchSize, seed: order });
            const { batches, cursors } = await taken(feed, epoch);
            expect(batches).toEqual(expected);
            expect([feed.rows, feed.steps]).toEqual([count, expected.length]);
            const place = seed % cursors.length;
            const rest = await taken(feed, epoch, JSON.parse(JSON.stringify(cursors[place])));
            expect(rest.batches).toEqual(expected.slice(place + 1));
            expect(rest.cursors).toEqual(cursors.slice(place + 1));
          }
          const flowing = streamFeed(iterableSource(counting(rows), options), own, { batchSize, seed: order });
          const { batches, cursors } = await taken(flowing, epoch);
          expect(batches.map(({ ids }) => ids)).toEqual(expected.map(({ ids }) => ids));
          if (batchSize <= count) expect(batches).toEqual(expected);
          const place = seed % cursors.length;
          expect((await taken(flowing, epoch, cursors[place] ?? null)).batches).toEqual(batches.slice(place + 1));
        }
      }
    }),
    { numRuns: 25 },
  );
});

test('beyond its window a flowing source is shuffled within it, the same way however it is read', async () => {
  const source = (chunkRows: number) => iterableSource(counting(records(500)), { chunkRows, windowRows: 50 });
  const idsOf = async (chunkRows: number, seed: number, epoch: number) => {
    const feed = streamFeed(source(chunkRows), layout, { batchSize: 64, seed });
    return (await taken(feed, epoch)).batches.flatMap(({ ids }) => ids);
  };
  const order = await idsOf(1, 3, 0);
  expect([...order].sort((a, b) => a - b)).toEqual([...inOrder(500)]);
  order.forEach((id, place) => {
    expect(id - place).toBeLessThanOrEqual(50); // a row cannot come before it was read
  });
  expect(await idsOf(7, 3, 0)).toEqual(order);
  expect(await idsOf(500, 3, 0)).toEqual(order);
  expect(await idsOf(7, 3, 1)).not.toEqual(order);
  expect(await idsOf(7, 4, 0)).not.toEqual(order);
  const moved = order.reduce((sum, id, place) => sum + Math.abs(id - place), 0) / 500;
  expect(moved).toBeGreaterThan(25);
});

test('a flowing source among others makes them all flow; rows count through', async () => {
  const parts = [recordsSource(records(5)), iterableSource(counting(records(4)))];
  const source = concatSources(parts, { chunkRows: 2 });
  expect([source.rows, source.rowsAt]).toEqual([null, null]);
  const { batches } = await taken(streamFeed(source, layout, { batchSize: 4, seed: null }));
  expect(batches.map(({ ids }) => ids)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8]]);
  expect(batches[1]?.tensors[0]).toEqual(['input/x', [4, 0, 1, 2]]);
});

test('no more than two chunks and two batches of rows are read ahead', async () => {
  let read = 0;
  async function* open() {
    for (const record of records(1000)) {
      read++;
      yield record;
    }
  }
  const feed = streamFeed(iterableSource(open, { chunkRows: 10 }), layout, { batchSize: 16, seed: null });
  for await (const { cursor } of feed.batches(0, null)) {
    expect(read).toBeLessThanOrEqual((cursor.step + 1) * 16 + 20);
    if (cursor.step === 3) break;
  }
  expect(read).toBeLessThanOrEqual(84);
});

async function failure(rows: readonly unknown[], batchSize = 2): Promise<HeadgateError> {
  const source = iterableSource(() => rows as Row[], { chunkRows: 2 });
  const error: unknown = await taken(streamFeed(source, layout, { batchSize, seed: null })).catch(
    (cause: unknown) => cause,
  );
  if (error instanceof HeadgateError) return error;
  throw new Error(`expected a HeadgateError, got ${String(error)}`);
}

test.each<[string, unknown[], string, string]>([
  ['no rows', [], 'EMPTY_DATASET', 'data'],
  ['a row that is none', [...records(4), 'x'], 'INVALID_RECORD', 'rows[4]'],
  ['a table in place of a row', [...records(4), Table.fromRecords(records(2))], 'INVALID_RECORD', 'rows[4]'],
  ['a wrong label', [...records(4), { x: 1, open: 'maybe' }], 'INVALID_LABEL', 'rows[4].open'],
  ['a missing input', [...records(3), { open: true }], 'INVALID_INPUT', 'rows[3].x'],
  ['an input that is absent from all rows of a chunk', [...records(4), { open: true }], 'INVALID_INPUT', 'rows[4].x'],
  ['no labels', [{ x: 1 }, { x: 2 }], 'NO_LABELS', 'data'],
  ['none that counts', [{ x: 1, open: null }], 'NO_COUNTED_LABELS', 'train'],
])('%s is refused by its code, with the row of the source', async (_, rows, code, path) => {
  expect(await failure(rows)).toMatchObject({ code, path });
});

test('rows of bytes in one chunk and of numbers in another are refused: a step reads one type', async () => {
  const bytes = new Project({ name: 'p', inputs: { x: vector({ size: 1 }) }, tasks: { open: binary() } });
  const own = layoutOf(bytes.flow('full', (task, x) => [task.open(x.features)]).resolved);
  const rows = [
    { x: new Uint8Array(1), open: true },
    { x: [0.5], open: true },
  ];
  const feed = streamFeed(recordsSource(rows), own, { batchSize: 1, seed: null });
  await expect(taken(feed)).rejects.toMatchObject({ code: 'INCOMPATIBLE_COLUMNS', path: 'inputs.x' });
});

test('notes look at all rows, of which each chunk sees a part', async () => {
  const rows = records(20).map((row, i) => ({ ...row, x: 1.7e9 + i }));
  const feed = streamFeed(recordsSource(rows), layout, { batchSize: 3, seed: null });
  await taken(feed);
  expect(feed.notes()).toEqual(bindTable(rows, layout).notes);
  expect(feed.notes()).toHaveLength(1);
});

test('rows of sources of which one lacks a column have it, though none of its rows was asked for', async () => {
  const source = concatSources([recordsSource([{ a: 1 }, { a: 2 }]), recordsSource([{ a: 3, b: 'x' }])]);
  const rowsOf = async (rows: number[]) => (await source.rowsAt?.(Uint32Array.from(rows)))?.toRecords();
  expect(await rowsOf([1, 0])).toEqual([
    { a: 2, b: null },
    { a: 1, b: null },
  ]);
  expect(await rowsOf([2, 0])).toEqual([
    { a: 3, b: 'x' },
    { a: 1, b: null },
  ]);
});

test.each<[string, () => unknown, string]>([
  [
    'a batch of no rows',
    () => streamFeed(recordsSource([]), layout, { batchSize: 0, seed: 1 }),
    'streamFeed.batchSize',
  ],
  ['chunks of no rows', () => recordsSource([], { chunkRows: 0 }), 'source.chunkRows'],
  ['a misspelt option', () => iterableSource(() => [], JSON.parse('{"window":3}')), 'source.window'],
  ['an iterable that is open already', () => Reflect.apply(iterableSource, null, [[]]), 'iterableSource'],
  ['no sources', () => concatSources([]), 'concatSources'],
])('%s is refused', (_, make, path) => {
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', path }));
});
