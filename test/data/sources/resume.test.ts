/** @file Whatever a source is made of: from any batch on, the same bytes come as if the reading had never stopped. */
import { expect, test } from 'vitest';
import type { Cursor, FeedBatch } from '../../../src/data/feed.js';
import { streamFeed } from '../../../src/data/stream-feed.js';
import {
  balancedSource,
  binary,
  category,
  columns,
  concatSources,
  csvSource,
  iterableSource,
  jsonLinesSource,
  number,
  Project,
  parquetSource,
  recordsSource,
  type Source,
  sqlSource,
  Table,
  tableSource,
  unionSources,
} from '../../../src/index.js';
import { layoutOf } from '../../../src/tasks/layout.js';
import { temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const { resolved } = new Project({
  name: 'resumed',
  inputs: { x: columns({ a: number(), word: category({ values: ['p', 'q'] }) }) },
  tasks: { open: binary(), high: binary() },
}).flow('full', (task, x) => [task.open(x.features), task.high(x.features)]);
const layout = layoutOf(resolved);

const record = (i: number, name: string) => ({
  a: i % 7 === 0 ? null : Math.sin(i),
  word: ['p', 'q', 'r', null][i % 4] ?? null,
  open: i % 3 === 0 ? null : i % 2 === 0,
  sort: ['blue', 'red', null][i % 3] ?? null,
  ...(name === 'x' ? { high: i % 5 > 2 } : {}),
});
const rows = (count: number, name = 'x') => Array.from({ length: count }, (_, i) => record(i, name));
const table = (count: number, name = 'x') => Table.fromRecords(rows(count, name));
const pools = { poolRows: 40, blockRows: 8, chunkRows: 11 };
const sql = (
  count: number,
) => `SELECT CASE WHEN i % 7 > 0 THEN sin(i) END AS a, ['p', 'q', 'r', NULL][i % 4 + 1] AS word,
  CASE WHEN i % 3 > 0 THEN i % 2 = 0 END AS open FROM range(${count}) r(i)`;
const parquet = async (name: string, count: number) =>
  parquetSource(await files.parquet(name, sql(count), 2048), pools);
const stream = (count: number, windowRows: number, name = 'x') =>
  iterableSource(() => rows(count, name), { chunkRows: 13, windowRows });

const kinds: Readonly<Record<string, () => Source | Promise<Source>>> = {
  table: () => tableSource(table(150), { chunkRows: 17 }),
  records: () => recordsSource(rows(150), { chunkRows: 17 }),
  'rows that flow, in a window': () => stream(150, 30),
  'rows that flow and fit into the window': () => stream(150, 500),
  'several tables': () => concatSources([tableSource(table(90)), recordsSource(rows(60, 'y'))], { chunkRows: 17 }),
  'a table and a stream': () => concatSources([tableSource(table(90)), stream(60, 9)], { windowRows: 20 }),
  'Parquet in pools': () => parquet('pools.parquet', 150),
  'Parquet in one pool': async () => parquetSource(await files.parquet('one.parquet', sql(150)), { chunkRows: 11 }),
  CSV: () => csvSource(files.write('x.csv', table(150).toCsv()), pools),
  'JSON lines': () =>
    jsonLinesSource(
      files.write(
        'x.jsonl',
        rows(150)
          .map((row) => JSON.stringify(row))
          .join('\n'),
      ),
      pools,
    ),
  SQL: () => sqlSource(`${sql(150)} ORDER BY i`, pools),
  'Parquet files one after another': async () =>
    concatSources([await parquet('first.parquet', 100), await parquet('second.parquet', 50)], { chunkRows: 17 }),
  'a union of tables': () =>
    unionSources({ x: table(100), y: table(50, 'y') }, { sampling: { temperature: 3 }, chunkRows: 17 }),
  'a union of Parquet and a table': async () =>
    unionSources({ x: table(50), y: await parquet('part.parquet', 100) }, { sampling: 'uniform', chunkRows: 17 }),
  'a union of streams': () =>
    unionSources(
      { x: stream(30, 7), y: stream(120, 9, 'y') },
      { sampling: { shares: { x: 0.6, y: 0.4 } }, chunkRows: 17 },
    ),
  'balanced classes': () => balancedSource(table(150), { by: 'sort', chunkRows: 17 }),
};

/** A batch as text: every byte of it, and its rows. */
function bytes({ batch, ids }: FeedBatch): string {
  const tensors = Object.entries(batch.tensors).map(([name, { shape, data }]) => {
    const own = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return `${name} ${shape.join('x')} ${own.toString('base64')}`;
  });
  return [batch.rows, ids.join(' '), ...tensors].join('\n');
}

async function read(source: Source, epoch: number, seed: number | null, from: Cursor | null) {
  const batches: { readonly bytes: string; readonly cursor: Cursor }[] = [];
  for await (const taken of streamFeed(source, layout, { batchSize: 16, seed }).batches(epoch, from)) {
    batches.push({ bytes: bytes(taken), cursor: taken.cursor });
  }
  return batches;
}

test.each(Object.keys(kinds))('%s', async (kind) => {
  const source = await kinds[kind]?.();
  if (source === undefined) throw new Error(kind);
  for (const [epoch, seed] of [
    [0, 3],
    [2, 3],
    [0, null],
  ] as const) {
    const whole = await read(source, epoch, seed, null);
    expect(whole).toHaveLength(Math.ceil(150 / 16));
    expect(new Set(whole.map((batch) => batch.bytes)).size).toBe(whole.length);
    for (const [k, { cursor }] of whole.entries()) {
      const rest = await read(source, epoch, seed, JSON.parse(JSON.stringify(cursor)));
      expect(rest, `${k}`).toEqual(whole.slice(k + 1));
    }
  }
  if ('close' in source && typeof source.close === 'function') source.close();
});
