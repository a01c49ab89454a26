import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { csvSource, readCsv } from '../../../src/index.js';
import { chunksOf, recordsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();

test('columns are what all of their values are, as readCsv has it; names may be anything', async () => {
  const text = [
    `n,flag,day,list,code,none,__proto__,"q""u'o; --",long`,
    '1,true,2020-01-01T00:00:00.000Z,"[1,2]",007,,p,1.5e3,12345678901234567890',
    '-0.25,FALSE,2021-06-01T12:00:00.500Z,"{""a"":[1]}",x,\\N,,.5,1',
    ',,,,,,"",Infinity,',
  ].join('\r\n');
  const file = files.write('types.csv', `${text}\r\n`);
  const source = await csvSource(file);
  const { table } = await readCsv(file);
  expect(await recordsOf(source)).toEqual(table.toRecords());
  expect(Object.keys(table.toRecords()[0] ?? {})).toContain('__proto__');
  expect(source.columns.map(({ type }) => type)).toEqual([
    ...['number', 'boolean', 'object', 'object', 'string', 'number', 'string', 'number', 'string'],
  ]);
  expect(source.notes).toMatchObject([{ code: 'MIXED_COLUMN', path: 'columns.long' }]);
  source.close();
});

test('declared types, other delimiters, a byte order mark, gzip, names given for files without any', async () => {
  vi.stubEnv('TZ', 'America/New_York'); // a date without a zone is of UTC wherever it is read
  const dates = files.write('dates.csv', 'id;day\n0042;2020-01-01\n1;2020-01-01 06:00:00\n');
  const declared = await csvSource(dates, { delimiter: ';', types: { id: 'string', day: 'date' } });
  expect(await recordsOf(declared)).toEqual([
    { id: '0042', day: new Date('2020-01-01T00:00:00Z') },
    { id: '1', day: new Date('2020-01-01T06:00:00Z') },
  ]);
  declared.close();
  vi.unstubAllEnvs();
  const marked = await csvSource(files.write('bom.csv', '\ufeffa,b\n1,2\n'));
  expect(await recordsOf(marked)).toEqual([{ a: 1, b: 2 }]);
  marked.close();
  const zipped = await csvSource(files.write('zipped.csv.gz', gzipSync('a,b\n1,x\n')));
  expect(await recordsOf(zipped)).toEqual([{ a: 1, b: 'x' }]);
  zipped.close();
  const bare = await csvSource(files.write('bare.csv', '1,1\n2,3\n'), { header: ['a', 'b'] });
  expect(await recordsOf(bare)).toEqual([
    { a: 1, b: 1 },
    { a: 2, b: 3 },
  ]);
  bare.close();
  const missing = await csvSource(files.write('missing.csv', 'a,b\n-,x\n1,n/a\n'), { missing: ['-', 'n/a'] });
  expect(await recordsOf(missing)).toEqual([
    { a: null, b: 'x' },
    { a: 1, b: null },
  ]);
  missing.close();
});

const bad = files.write('bad.csv', Buffer.from('a,b\n1,x\nfoo,y\n3,z,9\n4\n5,\xff\n6,w\n', 'latin1'));

test('a line that does not fit is an error that names line, column and kind', async () => {
  await expect(csvSource(bad)).rejects.toMatchObject({
    code: 'INVALID_CSV',
    path: `${bad}:4`,
    problem: '3 lines do not fit; the first is line 4: it has more fields than the header.',
    received: '"3,z,9"',
  });
  const typed = files.write('typed.csv', 'a,b\n1,x\nfoo,y\n');
  await expect(csvSource(typed, { types: { a: 'number' } })).rejects.toMatchObject({
    code: 'INVALID_CSV',
    path: `${typed}:3.a`,
  });
});

test('counted, such lines are left out, told one by one and noted; the others are whole', async () => {
  const source = await csvSource(bad, { types: { a: 'number' }, onReject: 'count' });
  expect(await recordsOf(source)).toEqual([
    { a: 1, b: 'x' },
    { a: 6, b: 'w' },
  ]);
  expect(source.rejected.count).toBe(4);
  expect(source.rejected.lines.map(({ line, column, kind }) => [line, column, kind])).toEqual([
    [3, 'a', 'CAST'],
    [4, null, 'TOO MANY COLUMNS'],
    [5, null, 'MISSING COLUMNS'],
    [6, 'b', 'INVALID ENCODING'],
  ]);
  expect(source.rejected.lines[1]).toMatchObject({ file: bad, text: '3,z,9' });
  expect(source.notes).toMatchObject([{ code: 'ROWS_REJECTED', path: bad }]);
  source.close();
});

test('a line of three megabytes, and a file that is one line, are told with little of their text', async () => {
  const long = files.write('long.csv', `a,b\n1,${'x'.repeat(3_000_000)}\n2,y\n`);
  const error = await csvSource(long).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_CSV', path: `${long}:2` });
  expect(String(error).length).toBeLessThan(1000);
  const counted = await csvSource(long, { onReject: 'count' });
  expect(counted.rejected.lines).toMatchObject([{ line: 2, kind: 'LINE SIZE OVER MAXIMUM' }]);
  expect(await recordsOf(counted)).toEqual([{ a: 2, b: 'y' }]);
  counted.close();
  const one = files.write('one.csv', 'x,'.repeat(1_500_000));
  await expect(csvSource(one)).rejects.toMatchObject({ code: 'INVALID_CSV', path: one });
});

test('quotes that never end are an error also where lines are counted: they may hold any number of lines', async () => {
  const open = files.write('open.csv', 'a,b\n1,"x\ny"\n2,"never ends\n3,z\n');
  for (const onReject of ['error', 'count'] as const) {
    await expect(csvSource(open, { onReject })).rejects.toMatchObject({ code: 'INVALID_CSV', path: `${open}:3` }); // the third record
  }
  const strange = files.write('strange.csv', 'a,b\n1,"x"y\n2,z\n');
  const outcome = await csvSource(strange, { onReject: 'count' }).then(
    async (source) => ({ rejected: source.rejected.count, rows: source.rows }),
    (error: unknown) => ({ error }),
  );
  expect(outcome).toMatchObject({ error: { code: 'INVALID_CSV' } });
});

test('a wrong delimiter, duplicate names, types of no column, other encodings, nothing at all: errors that say so', async () => {
  const semicolons = files.write('semicolons.csv', 'a;b\n1;2\n');
  await expect(csvSource(semicolons)).rejects.toMatchObject({ code: 'INVALID_CSV', received: '"a;b"' });
  const meant = await csvSource(semicolons, { types: { 'a;b': 'string' } });
  expect(await recordsOf(meant)).toEqual([{ 'a;b': '1;2' }]);
  meant.close();
  const twice = files.write('twice.csv', 'a,b,a\n1,2,3\n');
  await expect(csvSource(twice)).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN', path: twice });
  await expect(csvSource(semicolons, { delimiter: ';', types: { aa: 'number' } })).rejects.toMatchObject({
    code: 'UNKNOWN_COLUMN',
    suggestion: 'a',
  });
  const utf16 = files.write('utf16.csv', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'));
  await expect(csvSource(utf16)).rejects.toMatchObject({ code: 'INVALID_CSV', path: utf16 });
  const latin = files.write('latin.csv', Buffer.from('caf\xe9,b\n1,2\n', 'latin1'));
  await expect(csvSource(latin)).rejects.toMatchObject({ code: 'INVALID_CSV', path: latin });
  await expect(csvSource(files.write('nothing.csv', ''))).rejects.toMatchObject({ code: 'INVALID_CSV' });
  const ids = files.write('ids.csv', 'id\n12345678901234567890\n');
  await expect(csvSource(ids, { types: { id: 'number' } })).rejects.toMatchObject({
    code: 'INEXACT_NUMBER',
    path: 'columns.id',
    received: '"12345678901234567890"',
  });
  const empty = await csvSource(files.write('header.csv', 'a,b\n'));
  expect([empty.rows, await chunksOf(empty)]).toEqual([0, []]);
  empty.close();
});

test('several files: one type a column over all of them, and a column that one lacks is missing there', async () => {
  files.write('many-1.csv', 'a,b\n1,x\n');
  files.write('many-2.csv', 'b,a\ny,two\n');
  files.write('many-3.csv', 'b\nz\n');
  const source = await csvSource(files.at('many-*.csv'));
  expect(await recordsOf(source)).toEqual([
    { a: '1', b: 'x' },
    { a: 'two', b: 'y' },
    { a: null, b: 'z' },
  ]);
  expect(source.notes.map(({ code }) => code)).toEqual(['MIXED_COLUMN', 'FILES_DIFFER']);
  source.close();
});

test('rows keep the order of their lines, over many row groups', async () => {
  const lines = Array.from({ length: 70_000 }, (_, i) => `${i},row ${i}`);
  const source = await csvSource(files.write('rows.csv', `id,name\n${lines.join('\n')}\n`), { poolRows: 9000 });
  const chunks = await chunksOf(source);
  expect(chunks.flatMap(({ table }) => [...table.column('id').values])).toEqual(lines.map((_, i) => i));
  source.close();
});
