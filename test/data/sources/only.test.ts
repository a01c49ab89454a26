import { expect, test } from 'vitest';
import { parquetSource } from '../../../src/index.js';
import { chunksOf, idsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const query = `SELECT i AS id, i::FLOAT / 7 AS small, CASE WHEN i % 3 > 0 THEN i % 2 = 0 END AS open, 'row ' || i AS name,
  CASE WHEN i % 5 > 0 THEN i::DOUBLE / 3 END AS wide, [i::FLOAT, 2]::FLOAT[2] AS pair FROM range(5000) r(i)`;
const order = { seed: 3, epoch: 1 };
const options = { poolRows: 1024, blockRows: 256, chunkRows: 200 };

test('of some columns, rows come in the same order with the same values and marks, whatever the others are', async () => {
  const source = await parquetSource(await files.parquet('some.parquet', query), options);
  const all = await chunksOf(source, order);
  for (const names of [['open'], ['wide', 'small'], ['name'], ['pair', 'id']]) {
    const own = source.only?.(new Set(names));
    if (own === undefined) throw new Error('the source cannot leave columns out');
    const chunks = await chunksOf(own, order);
    expect(own.columns?.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(idsOf(chunks)).toEqual(idsOf(all));
    for (const [i, { table, mark }] of chunks.entries()) {
      expect(mark).toEqual(all[i]?.mark);
      expect(table.columnNames).toHaveLength(names.length);
      for (const name of names) {
        const column = table.column(name);
        const expected = all[i]?.table.column(name);
        expect(column.present).toEqual(expected?.present);
        expect(column.values).toEqual(expected?.values);
      }
    }
    expect(idsOf(await chunksOf(source, order, chunks[3]?.mark ?? null))).toEqual(idsOf(all.slice(4)));
  }
  source.close();
});

test('numbers that are held row by row are those of the file, chosen and sliced as any', async () => {
  const source = await parquetSource(await files.parquet('held.parquet', query), options);
  for (const { table, ids } of await chunksOf(source, order)) {
    const wide = (id: number) => (id % 5 > 0 ? id / 3 : null);
    expect(Array.from(ids, (_, row) => table.value(row, 'wide'))).toEqual(Array.from(ids, wide));
    const part = table.slice(3, 9);
    expect(Array.from(part.ids, (_, row) => part.column('small').value(row))).toEqual(
      Array.from(ids.subarray(3, 9), (id) => Math.fround(id / 7)),
    );
    expect(Array.from(part.column('wide').present)).toEqual(Array.from(ids.subarray(3, 9), (id) => Number(id % 5 > 0)));
    const chosen = table.select([5, 0, 5]);
    expect([...chosen.column('id').values]).toEqual([ids[5], ids[0], ids[5]]);
    expect(part.column('wide').value(6)).toBeNull();
    expect([...part.concat(chosen).column('id').values]).toEqual([...ids.subarray(3, 9), ids[5], ids[0], ids[5]]);
  }
  source.close();
});
