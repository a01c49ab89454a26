import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { parquetSource } from '../../../src/index.js';
import { chunksOf, recordsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();

test('each type of column is one of the table, null and NaN are missing', async () => {
  const file = await files.parquet(
    'types.parquet',
    `SELECT * FROM (VALUES
      (1::TINYINT, 2.5::FLOAT, 'NaN'::DOUBLE, 9007199254740992::BIGINT, 12.34::DECIMAL(20, 2), true, 'a', 'é'::VARCHAR,
       DATE '2020-01-02', TIMESTAMP '2020-01-02 03:04:05.678', TIMESTAMPTZ '2020-01-02 03:04:05+02', '\\x00\\xFF'::BLOB,
       [1, NULL, 3], {'k': [1], 'w': 'x'}, ['u', 'v'], TIME '01:02:03', 18446744073709549568::UBIGINT),
      (NULL, NULL, 'Infinity'::DOUBLE, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, [], NULL, 0)
    ) t(tiny, f, d, big, deci, flag, word, accent, day, "at", zoned, bytes, list, struct, words, clock, unsigned)`,
  );
  const source = await parquetSource(file);
  expect(source.rows).toBe(2);
  const types = Object.fromEntries(source.columns.map(({ name, type }) => [name, type]));
  expect(types).toEqual({
    ...{ tiny: 'number', f: 'number', d: 'number', big: 'number', deci: 'number', flag: 'boolean', word: 'string' },
    ...{ accent: 'string', day: 'object', at: 'object', zoned: 'object', bytes: 'object', list: 'object' },
    ...{ struct: 'object', words: 'object', clock: 'string', unsigned: 'number' },
  });
  expect(await recordsOf(source)).toEqual([
    {
      ...{ tiny: 1, f: 2.5, d: null, big: 2 ** 53, deci: 12.34, flag: true, word: 'a', accent: 'é' },
      ...{ day: new Date('2020-01-02'), at: new Date('2020-01-02T03:04:05.678Z') },
      ...{ zoned: new Date('2020-01-02T01:04:05Z'), bytes: Uint8Array.of(0, 255), list: [1, null, 3] },
      ...{ struct: { k: [1], w: 'x' }, words: ['u', 'v'], clock: '01:02:03', unsigned: 2 ** 64 - 2048 },
    },
    {
      ...{
        tiny: null,
        f: null,
        d: Number.POSITIVE_INFINITY,
        big: null,
        deci: null,
        flag: null,
        word: null,
        accent: '',
      },
      ...{
        day: null,
        at: null,
        zoned: null,
        bytes: null,
        list: null,
        struct: null,
        words: [],
        clock: null,
        unsigned: 0,
      },
    },
  ]);
  const [chunk] = await chunksOf(source);
  for (const name of source.columns.map((column) => column.name)) {
    expect(chunk?.table.column(name).type, name).toBe(types[name]); // as promised at opening
  }
  source.close();
});

test('a number that a double does not hold is an error with column and row; a finer instant is noted', async () => {
  const file = await files.parquet(
    'inexact.parquet',
    "SELECT i AS id, CASE WHEN i = 3000 THEN 9007199254740993 ELSE i END::BIGINT AS big, TIMESTAMP '2020-01-01 00:00:00.000001' AS t FROM range(5000) r(i)",
  );
  const source = await parquetSource(file);
  await expect(chunksOf(source)).rejects.toMatchObject({ code: 'INEXACT_NUMBER', path: 'rows[3000].big' });
  source.close();
  const without = await parquetSource(file, { columns: ['t', 'id'] });
  expect(without.notes).toEqual([]);
  await chunksOf(without);
  expect(without.notes).toMatchObject([{ code: 'ROUNDED_INSTANTS', path: 'columns.t' }]);
  without.close();
  const wide = await files.parquet('decimal.parquet', "SELECT '12345678901234567.89'::DECIMAL(20, 2) AS d");
  const decimals = await parquetSource(wide);
  await expect(chunksOf(decimals)).rejects.toMatchObject({ code: 'INEXACT_NUMBER', path: 'rows[0].d' });
  decimals.close();
  const never = await parquetSource(await files.parquet('never.parquet', "SELECT 'infinity'::TIMESTAMP AS t"));
  await expect(chunksOf(never)).rejects.toMatchObject({ code: 'INEXACT_NUMBER', path: 'rows[0].t' });
  never.close();
});

test('only wanted columns are read; a __proto__ column is a column; an unknown one is an error that suggests', async () => {
  const file = await files.parquet(
    'proto.parquet',
    `SELECT i AS "__proto__", MAP{'a': i} AS odd, i + 1 AS age FROM range(3) r(i)`,
  );
  await expect(parquetSource(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_COLUMN', path: 'columns.odd' });
  const source = await parquetSource(file, { columns: ['__proto__', 'age'] });
  const [chunk] = await chunksOf(source);
  expect(chunk?.table.columnNames).toEqual(['__proto__', 'age']);
  expect([...(chunk?.table.column('__proto__').values ?? [])]).toEqual([0, 1, 2]);
  source.close();
  await expect(parquetSource(file, { columns: ['agee'] })).rejects.toMatchObject({
    code: 'UNKNOWN_COLUMN',
    suggestion: 'age',
  });
});

test('names with quotes, blanks, per cent, brackets and stars are files, not patterns and not SQL', async () => {
  const names = ["it's.parquet", 'a "b" %d.parquet', 'c[1]*?.parquet', "x'); DROP TABLE t; --.parquet", '~.parquet'];
  for (const [i, name] of names.entries()) {
    const source = await parquetSource(await files.parquet(name, `SELECT ${i} AS n`));
    expect(await recordsOf(source), name).toEqual([{ n: i }]);
    source.close();
  }
  const url = await parquetSource(pathToFileURL(files.at('a "b" %d.parquet')));
  expect(await recordsOf(url)).toEqual([{ n: 1 }]);
  url.close();
});

test('a pattern is its files in the order of their names; columns that some lack are missing there, and noted', async () => {
  await files.parquet('part-10.parquet', 'SELECT 10 AS n, true AS flag');
  await files.parquet('part-2.parquet', "SELECT 2 AS n, 'x' AS word");
  await files.parquet('part-1.parquet', 'SELECT 1.5 AS n');
  const source = await parquetSource(files.at('part-*.parquet'));
  expect(source.files.map((name) => path.basename(name))).toEqual([
    'part-1.parquet',
    'part-10.parquet',
    'part-2.parquet',
  ]);
  expect(await recordsOf(source)).toEqual([
    { n: 1.5, flag: null, word: null },
    { n: 10, flag: true, word: null },
    { n: 2, flag: null, word: 'x' },
  ]);
  expect(source.notes.map(({ code, path }) => [code, path])).toEqual([
    ['FILES_DIFFER', 'columns.flag'],
    ['FILES_DIFFER', 'columns.word'],
  ]);
  source.close();
  const two = await parquetSource([files.at('part-2.parquet'), files.at('part-1.parquet')], { columns: ['n'] });
  expect(await recordsOf(two)).toEqual([{ n: 2 }, { n: 1.5 }]);
  two.close();
  await files.parquet('void-1.parquet', 'SELECT NULL::INTEGER AS n, NULL::VARCHAR AS w FROM range(2)');
  await files.parquet('void-2.parquet', "SELECT 'x' AS n, 2.5 AS w");
  const empty = await parquetSource(files.at('void-*.parquet')); // no value of a column fits any
  const missing = { n: null, w: null };
  expect(await recordsOf(empty)).toEqual([missing, missing, { n: 'x', w: 2.5 }]);
  expect(empty.notes).toEqual([]);
  empty.close();
  await files.parquet('other-1.parquet', "SELECT 'text' AS n");
  await expect(parquetSource([files.at('part-1.parquet'), files.at('other-1.parquet')])).rejects.toMatchObject({
    code: 'INCOMPATIBLE_COLUMNS',
    path: 'columns.n',
  });
});

test('no such file, no match, a folder, no Parquet, twice the same name: errors that say so, and nothing stays behind', async () => {
  const near = await files.parquet('near.parquet', 'SELECT 1 AS a');
  await expect(parquetSource(files.at('neer.parquet'))).rejects.toMatchObject({
    code: 'UNREADABLE_FILE',
    suggestion: near,
  });
  await expect(parquetSource(files.at('*.none'))).rejects.toMatchObject({
    code: 'UNREADABLE_FILE',
    path: files.at('*.none'),
  });
  await expect(parquetSource(files.folder)).rejects.toMatchObject({
    code: 'UNREADABLE_FILE',
    problem: 'This is a folder.',
  });
  const text = files.write('text.parquet', 'no parquet at all');
  await expect(parquetSource(text)).rejects.toMatchObject({ code: 'UNREADABLE_FILE', path: text });
  const twice = await files.parquet('twice.parquet', 'SELECT 1 AS name, 2 AS nbme');
  // DuckDB would rename the second one; other writers do not.
  files.write('twice.parquet', Buffer.from(readFileSync(twice, 'latin1').replaceAll('nbme', 'nAme'), 'latin1'));
  await expect(parquetSource(twice)).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN', path: twice });
  await expect(parquetSource('s3://bucket/x.parquet')).rejects.toMatchObject({ code: 'MISSING_EXTENSION' });
  await expect(parquetSource([])).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: 'parquetSource.files' });
});

test('an empty file has no rows and its columns', async () => {
  const source = await parquetSource(await files.parquet('empty.parquet', 'SELECT 1 AS a WHERE false'));
  expect([source.rows, source.columns, await chunksOf(source)]).toEqual([0, [{ name: 'a', type: 'number' }], []]);
  source.close();
});

test('a file that goes away or changes in the midst of an epoch is an error, not a hang; closed is closed', async () => {
  const query = (rows: number) => `SELECT i AS id FROM range(${rows}) r(i)`;
  const file = await files.parquet('gone.parquet', query(20_000));
  const source = await parquetSource(file, { poolRows: 2048, chunkRows: 512 });
  const reading = source.read({ seed: 1, epoch: 0 }, null)[Symbol.asyncIterator]();
  await reading.next();
  renameSync(file, `${file}.moved`);
  const rest = async () => {
    while ((await reading.next()).done !== true);
  };
  await expect(rest()).rejects.toMatchObject({ code: 'SOURCE_FAILED', path: file });
  await files.parquet('gone.parquet', query(3000));
  await expect(chunksOf(source)).rejects.toMatchObject({ code: 'SOURCE_FAILED', path: file });
  source.close();
  source.close();
  await expect(chunksOf(source)).rejects.toMatchObject({ code: 'DISPOSED' });
});
