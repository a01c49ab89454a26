/** @file Several datasets as one, where not all of their rows can be fetched: their rows are drawn among each other. */
import { expect, test } from 'vitest';
import {
  type Chunk,
  concatSources,
  iterableSource,
  parquetSource,
  type Sampling,
  type Source,
  Table,
  unionSources,
} from '../../../src/index.js';
import { chunksOf, idsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const pools = { poolRows: 64, blockRows: 16, chunkRows: 10 };
const query = (name: string, rows: number) =>
  `SELECT i AS row, '${name}' AS part, i * 2.5 AS ${name} FROM range(${rows}) r(i)`;
const large = async (name: string, rows: number) =>
  parquetSource(await files.parquet(`${name}.parquet`, query(name, rows), 2048), pools);
const small = (rows: number) =>
  Table.fromRecords(Array.from({ length: rows }, (_, row) => ({ row, part: 'small', small: row + 0.5 })));
const order = { seed: 5, epoch: 0 };

const samplings: readonly (readonly [string, Sampling, readonly number[]])[] = [
  ['proportional', 'proportional', [300, 200, 100]],
  ['uniform', 'uniform', [200, 200, 200]],
  // √300 : √200 : √100 of 600 rows
  ['temperature 2', { temperature: 2 }, [250, 205, 145]],
  ['shares', { shares: { a: 0.1, b: 0.1, small: 0.8 } }, [60, 60, 480]],
];

test.each(samplings)(
  '%s: each epoch has exactly these rows of files that are larger than their pools',
  async (_, sampling, counts) => {
    const [a, b] = [await large('a', 300), await large('b', 200)];
    const source = unionSources({ a, b, small: small(100) }, { sampling, chunkRows: 32 });
    const other = unionSources({ a, b, small: small(100) }, { sampling, chunkRows: 7 });
    expect([source.rows, source.rowsAt]).toEqual([600, null]);
    expect(source.parts?.map(({ rows }) => rows)).toEqual([300, 200, 100]);
    const seen = new Uint32Array(600);
    for (const epoch of [0, 1, 2]) {
      const chunks = await chunksOf(source, { seed: 5, epoch });
      const ids = idsOf(chunks);
      const among = (from: number, to: number) => ids.filter((id) => id >= from && id < to).length;
      expect([among(0, 300), among(300, 500), among(500, 600)]).toEqual(counts);
      for (const id of ids) seen[id] = (seen[id] ?? 0) + 1;
      expectOwnValues(chunks);
      expect(idsOf(await chunksOf(other, { seed: 5, epoch }))).toEqual(ids); // whatever the chunks are
      expect(new Set(ids.slice(0, 60).map((id) => (id < 300 ? 'a' : id < 500 ? 'b' : 'small')))).toHaveProperty(
        'size',
        3,
      );
    }
    for (const [from, to] of [
      [0, 300],
      [300, 500],
      [500, 600],
    ]) {
      const own = seen.subarray(from, to);
      expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(1); // over epochs, none much more often than another
    }
    expect(idsOf(await chunksOf(source))).toEqual(Array.from({ length: 600 }, (__, i) => i));
    for (const file of [a, b]) file.close();
  },
);

const STARTS: Readonly<Record<string, number>> = { a: 0, b: 300, small: 500 };

function expectOwnValues(chunks: readonly Chunk[]): void {
  for (const { table, ids } of chunks) {
    for (let i = 0; i < table.rows; i++) {
      const [row, part] = [table.value(i, 'row'), table.value(i, 'part')];
      expect(ids[i]).toBe((STARTS[String(part)] ?? Number.NaN) + Number(row));
      const values = ['a', 'b', 'small'].map((name) => table.value(i, name));
      const own = Number(row);
      const expected: Readonly<Record<string, number>> = { a: own * 2.5, b: own * 2.5, small: own + 0.5 };
      expect(values).toEqual(['a', 'b', 'small'].map((name) => (name === part ? expected[name] : null)));
    }
  }
}

test('rows of files one after another are shuffled across all of them, not within a window', async () => {
  const [a, b] = [await large('first', 2000), await large('second', 2000)];
  const both = concatSources([a, b], { chunkRows: 100 });
  expect([both.rows, both.rowsAt]).toEqual([4000, null]);
  const ids = idsOf(await chunksOf(both, order));
  expect([...ids].sort((x, y) => x - y)).toEqual(Array.from({ length: 4000 }, (_, i) => i));
  for (let start = 0; start < 4000; start += 400) {
    const ofFirst = ids.slice(start, start + 400).filter((id) => id < 2000).length;
    expect(Math.abs(ofFirst - 200)).toBeLessThan(50); // 5 deviations of 400 draws of a half
  }
  const names = [...(both.columns ?? [])].map(({ name }) => name);
  expect(names).toEqual(['row', 'part', 'first', 'second']);
  const own = both.only?.(new Set(['second']));
  expect(idsOf(await chunksOf(own as Source, order))).toEqual(ids);
  expect(own?.columns?.map(({ name }) => name)).toEqual(['second']);
  for (const file of [a, b]) file.close();
});

const flowing = (name: string, rows: number) =>
  iterableSource(
    function* () {
      for (let row = 0; row < rows; row++) yield { row, part: name, [name]: row };
    },
    { chunkRows: 9, windowRows: 20 },
  );

test('of datasets whose sizes nobody knows, each row comes once; shares hold until one ends, which is said', async () => {
  const source = unionSources(
    { x: flowing('x', 3000), y: flowing('y', 400) },
    { sampling: { shares: { x: 0.5, y: 0.5 } }, chunkRows: 50 },
  );
  expect([source.rows, source.rowsAt, source.parts]).toEqual([null, null, undefined]);
  expect(source.notes).toEqual([]);
  const chunks = await chunksOf(source, order);
  const ids = idsOf(chunks);
  // Numbers: those of x are even, of y odd.
  const expected = [
    ...Array.from({ length: 3000 }, (_, i) => 2 * i),
    ...Array.from({ length: 400 }, (_, i) => 2 * i + 1),
  ];
  expect([...ids].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
  const ofY = ids.slice(0, 600).filter((id) => id % 2 === 1).length;
  expect(Math.abs(ofY - 300)).toBeLessThan(62); // 5 deviations
  const last = Math.max(...ids.map((id, place) => (id % 2 === 1 ? place : 0)));
  expect(last).toBeLessThan(1000); // of 400 / 0.5 = 800, with a deviation of 28
  expect(source.notes).toMatchObject([
    { code: 'SHARES_NOT_KEPT', path: 'unionSources.y', text: expect.stringContaining('ended after 400 rows') },
  ]);
  expect(idsOf(await chunksOf(source, order))).toEqual(ids);
  expect(idsOf(await chunksOf(source, { seed: 5, epoch: 1 }))).not.toEqual(ids);
  const inOrder = idsOf(await chunksOf(source));
  expect(inOrder.slice(0, 3)).toEqual([0, 2, 4]);
  expect(inOrder.slice(3000, 3003)).toEqual([1, 3, 5]);
});

test('proportional: each row once, and nothing to say; uniform and temperature need sizes, and name who has none', async () => {
  const parts = { table: small(30), stream: flowing('stream', 90) };
  const source = unionSources(parts);
  expect(idsOf(await chunksOf(source, order)).length).toBe(120);
  expect(source.notes).toEqual([]);
  for (const sampling of ['uniform', { temperature: 2 }] as const) {
    expect(() => unionSources(parts, { sampling })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        path: 'unionSources.sampling',
        expected: 'proportional or { shares }: nobody knows how many rows "stream" has before all were read',
      }),
    );
  }
  expect(() => unionSources(parts, { sampling: { shares: { table: 1 } } })).toThrow(
    expect.objectContaining({ code: 'INVALID_SPLIT' }),
  );
});

test('a mark of another mixture is refused', async () => {
  const source = unionSources({ x: flowing('x', 30), y: flowing('y', 40) });
  const [first] = await chunksOf(source, order);
  const mark = first?.mark ?? null;
  await expect(chunksOf(source, null, mark)).rejects.toMatchObject({ code: 'CANNOT_CONTINUE' });
  await expect(chunksOf(unionSources({ x: flowing('x', 30) }), order, mark)).rejects.toMatchObject({
    code: 'CANNOT_CONTINUE',
  });
  await expect(chunksOf(source, order, 7)).rejects.toMatchObject({ code: 'CANNOT_CONTINUE' });
});
