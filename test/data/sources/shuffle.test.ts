import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutBlocks, joinedBlocks, poolsOf } from '../../../src/data/sources/duckdb/blocks.js';
import { type Chunk, parquetSource, type ReadOrder, Table, tableSource } from '../../../src/index.js';
import { chunksOf, idsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const ROWS = 20_000;
const query = `SELECT i AS id, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS open, 'row ' || i AS name FROM range(${ROWS}) r(i)`;
const file = files.parquet('many.parquet', query, 2048);
const order: ReadOrder = { seed: 7, epoch: 2 };
const small = { poolRows: 4096, blockRows: 512, chunkRows: 300 };

test('blocks hold every row once; pools hold every block once, and no more rows than they may', () => {
  const groups = fc.array(fc.record({ file: fc.constant(0), rows: fc.integer({ min: 1, max: 500 }) }), {
    minLength: 1,
  });
  const property = fc.property(
    groups,
    fc.integer({ min: 1, max: 900 }),
    fc.integer({ min: 1, max: 300 }),
    fc.boolean(),
    (own, poolRows, blockRows, isCut) => {
      let start = 0;
      const placed = own.map(({ file: index, rows }) => {
        start += rows;
        return { file: index, rows, start: start - rows };
      });
      const blocks = cutBlocks(placed, poolRows, isCut ? blockRows : undefined);
      expect(blocks.flatMap(({ id, rows }) => Array.from({ length: rows }, (_, i) => id + i))).toEqual(
        Array.from({ length: start }, (_, i) => i),
      );
      for (const shuffled of [null, { seed: 1, epoch: 3 }]) {
        const pools = poolsOf(blocks, poolRows, shuffled);
        expect(pools.flat().sort((a, b) => a.id - b.id)).toEqual(blocks);
        for (const pool of pools) {
          if (pool.length > 1) expect(pool.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(poolRows);
        }
      }
      expect(joinedBlocks(blocks)).toEqual([{ file: 0, start: 0, rows: start, id: 0 }]); // they follow one another
    },
  );
  fc.assert(property);
});

test('shuffled, every row comes once with its own values, in an order that seed and epoch decide alone', async () => {
  const source = await parquetSource(await file, small);
  const chunks = await chunksOf(source, order);
  const ids = idsOf(chunks);
  expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, i) => i));
  for (const { table, ids: own } of chunks) {
    expect([...table.column('id').values]).toEqual([...own]);
    expect(table.value(0, 'name')).toBe(`row ${own[0]}`);
    const id = own[0] as number;
    expect(table.value(0, 'open')).toBe(id % 3 === 0 ? null : id % 2 === 0);
  }
  expect(idsOf(await chunksOf(source, order))).toEqual(ids);
  expect(idsOf(await chunksOf(source, { ...order, epoch: 3 }))).not.toEqual(ids);
  expect(idsOf(await chunksOf(source, { ...order, seed: 8 }))).not.toEqual(ids);
  expect(idsOf(await chunksOf(source))).toEqual(Array.from({ length: ROWS }, (_, i) => i));
  const other = await parquetSource(await file, { ...small, chunkRows: 1777, threads: 1 });
  expect(idsOf(await chunksOf(other, order))).toEqual(ids);
  source.close();
  other.close();
});

test('from any mark on, the rest comes as it would have; a mark of other blocks is refused', async () => {
  const source = await parquetSource(await file, small);
  for (const own of [order, null]) {
    const chunks = await chunksOf(source, own);
    for (const at of [0, 1, 13, 14, 40, chunks.length - 1]) {
      const mark = JSON.parse(JSON.stringify((chunks[at] as Chunk).mark));
      expect(idsOf(await chunksOf(source, own, mark))).toEqual(idsOf(chunks.slice(at + 1)));
    }
  }
  const [first] = await chunksOf(source, order);
  const other = await parquetSource(await file, { ...small, blockRows: 600 });
  await expect(chunksOf(other, order, first?.mark ?? null)).rejects.toMatchObject({ code: 'CANNOT_CONTINUE' });
  await expect(chunksOf(source, order, 12)).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: 'source.from' });
  source.close();
  other.close();
});

test('rows that fit into one pool come in the order of a table, and any of them can be fetched', async () => {
  const source = await parquetSource(await file);
  const table = tableSource(Table.fromColumns({ id: Array.from({ length: ROWS }, (_, i) => i) }));
  expect(idsOf(await chunksOf(source, order))).toEqual(idsOf(await chunksOf(table, order)));
  const rows = await source.rowsAt?.(Uint32Array.of(19_999, 3, 3));
  expect([...(rows?.column('id').values ?? [])]).toEqual([19_999, 3, 3]);
  source.close();
  const large = await parquetSource(await file, small);
  expect(large.rowsAt).toBeNull();
  large.close();
});

test('two readings at the same time, one left in its midst, do not disturb each other', async () => {
  const source = await parquetSource(await file, small);
  const alone = idsOf(await chunksOf(source, order));
  const left = (async () => {
    for await (const _ of source.read({ seed: 1, epoch: 0 }, null)) break;
  })();
  const [both, again] = await Promise.all([chunksOf(source, order), chunksOf(source), left]);
  expect(idsOf(both)).toEqual(alone);
  expect(again.length).toBe(Math.ceil(4096 / 300) * 4 + Math.ceil((ROWS - 4 * 4096) / 300)); // five pools
  source.close();
});

test('closing ends what reads, which says so, however often and wherever it stands', async () => {
  for (let i = 0; i < 10; i++) {
    const source = await parquetSource(await file, { ...small, chunkRows: 4096 });
    const reading = source.read({ seed: i, epoch: 0 }, null)[Symbol.asyncIterator]();
    for (let k = 0; k < i % 3; k++) await reading.next();
    const rest = async () => {
      while ((await reading.next()).done !== true);
    };
    const told = expect(rest()).rejects.toMatchObject({ code: 'DISPOSED' }); // what was read before still comes
    source.close();
    await told;
  }
});

/** Pearson's correlation of where a row stood and where it came. */
function correlation(ids: readonly number[]): number {
  const mean = (ids.length - 1) / 2;
  let product = 0;
  let square = 0;
  for (const [place, id] of ids.entries()) {
    product += (place - mean) * (id - mean);
    square += (place - mean) ** 2;
  }
  return product / square;
}

test('the order is close to a whole shuffle: no trend over the epoch, and a batch has rows from all its pool', async () => {
  const source = await parquetSource(await file, small);
  for (let epoch = 0; epoch < 5; epoch++) {
    const ids = idsOf(await chunksOf(source, { seed: 1, epoch }));
    expect(Math.abs(correlation(ids))).toBeLessThan(0.5); // 40 blocks: a deviation of 1 / sqrt(39) = 0.16
    const blocks = new Set(ids.slice(0, 128).map((id) => Math.floor(id / 512)));
    expect(blocks.size).toBeGreaterThanOrEqual(8); // of the pool's 8; with none of 128 rows: 8 * (7 / 8) ** 128 = 3e-7
  }
  source.close();
});
