import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { arrowSource, jsonLinesSource, sqlSource } from '../../../src/index.js';
import { chunksOf, recordsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();

test('JSON lines: types of whole columns; lists, records and mixtures stay as they are; a date is text until declared', async () => {
  const lines = [
    { z: 1, a: 'x', __proto: 1, day: '2020-01-01', list: [1, null, 2.5], record: { k: { d: '2020-01-01' } }, mixed: 1 },
    { a: "y'", list: null, z: 2.5, flag: true, mixed: 'two', empty: null },
    { z: null, mixed: [3] },
  ];
  const text = lines.map((line) => JSON.stringify(line).replace('__proto', '__proto__')).join('\n\n');
  const source = await jsonLinesSource(files.write('x.jsonl', `${text}\n`));
  expect(source.columns.map(({ name }) => name)).toEqual([
    ...['z', 'a', '__proto__', 'day', 'list', 'record', 'mixed', 'flag', 'empty'],
  ]);
  const nothing = { a: null, day: null, list: null, record: null, flag: null, empty: null };
  const rows = await recordsOf(source);
  expect(rows.map((row) => Object.getOwnPropertyDescriptor(row, '__proto__')?.value)).toEqual([1, null, null]);
  expect(rows.map(({ ['__proto__']: _, ...row }) => row)).toEqual([
    { ...nothing, z: 1, a: 'x', day: '2020-01-01', list: [1, null, 2.5], record: { k: { d: '2020-01-01' } }, mixed: 1 },
    { ...nothing, z: 2.5, a: "y'", flag: true, mixed: 'two' },
    { ...nothing, z: null, mixed: [3] },
  ]);
  source.close();
  const declared = await jsonLinesSource(files.at('x.jsonl'), { types: { day: 'date', z: 'string' } });
  const [first] = await recordsOf(declared);
  expect([first?.day, first?.z]).toEqual([new Date('2020-01-01'), '1']);
  declared.close();
});

test('several files of JSON lines: a column is one thing in all of them', async () => {
  files.write('many-1.jsonl', '{"a":1,"b":null,"c":"x"}\n');
  files.write('many-2.jsonl', '{"b":2.5,"a":"two"}\n');
  const source = await jsonLinesSource(files.at('many-*.jsonl'));
  expect(await recordsOf(source)).toEqual([
    { a: 1, b: null, c: 'x' },
    { a: 'two', b: 2.5, c: null },
  ]);
  expect(source.columns.map(({ type }) => type)).toEqual(['object', 'number', 'string']);
  expect(source.notes).toMatchObject([{ code: 'FILES_DIFFER', path: 'columns.c' }]);
  source.close();
});

test('JSON lines that are none, or lose digits or keys, are errors that name the place', async () => {
  const broken = files.write('broken.jsonl', '{"a":1}\n{"a":2\n{"a":3}\n');
  await expect(jsonLinesSource(broken)).rejects.toMatchObject({
    code: 'INVALID_JSON',
    received: expect.stringContaining('line 3'),
  });
  const strange = files.write('strange.jsonl', '{"a":1}\n3\n');
  await expect(jsonLinesSource(strange)).rejects.toMatchObject({ code: 'INVALID_JSON', received: '3' });
  const keys = files.write('keys.jsonl', '{"a":1,"A":2}\n');
  await expect(jsonLinesSource(keys)).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN', path: keys });
  const twice = files.write('twice.jsonl', '{"a":1,"a":2}\n');
  await expect(jsonLinesSource(twice)).rejects.toMatchObject({ code: 'INVALID_JSON', path: twice });
  await expect(jsonLinesSource(files.write('no.jsonl', ''))).rejects.toMatchObject({ code: 'INVALID_JSON' });
  await expect(jsonLinesSource(keys.replace('keys', 'kys'))).rejects.toMatchObject({ suggestion: keys });
  await expect(jsonLinesSource(strange.replace('strange', 'x'), { types: { zz: 'string' } })).rejects.toMatchObject({
    code: 'UNKNOWN_COLUMN',
  });
  for (const value of ['12345678901234567', '[12345678901234567]', '{"b":-12345678901234567}']) {
    const source = await jsonLinesSource(files.write('digits.jsonl', `{"a":"12345678901234567"}\n{"c":${value}}\n`));
    await expect(chunksOf(source)).rejects.toMatchObject({ code: 'INEXACT_NUMBER', path: 'rows[1].c' });
    source.close();
  }
  const whole = await jsonLinesSource(
    files.write('whole.jsonl', '{"c":["12345678901234567",9007199254740992,1e20,0.1234567890123456]}\n'),
  );
  expect(await recordsOf(whole)).toEqual([{ c: ['12345678901234567', 2 ** 53, 1e20, 0.1234567890123456] }]);
  whole.close();
});

test('SQL: fixed arrays are tensors, sums are numbers; one query and nothing else', async () => {
  const query = `SELECT i AS id, [i, i + 1]::FLOAT[2] AS v, if(i > 0, [[1, 2], [3, i]], NULL)::UTINYINT[2][2] AS m,
    [NULL, i]::DOUBLE[2] AS holes, sum(i) OVER () AS s, '[1]'::JSON AS j FROM range(3) r(i) ORDER BY i;`;
  const source = await sqlSource(`${query} -- a comment ends it`.replace('; --', ' --'));
  const types = Object.fromEntries(source.columns.map(({ name, type }) => [name, type]));
  expect(types).toEqual({ id: 'number', v: 'tensor', m: 'tensor', holes: 'tensor', s: 'number', j: 'object' });
  const [chunk] = await chunksOf(source);
  const m = chunk?.table.column('m');
  expect(m).toMatchObject({ type: 'tensor', shape: [2, 2], present: Uint8Array.of(0, 1, 1) });
  expect(m?.values).toEqual(Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 1, 1, 2, 3, 2));
  expect(chunk?.table.column('v').values).toEqual(Float32Array.of(0, 1, 1, 2, 2, 3));
  expect(chunk?.table.column('holes').values).toEqual(Float32Array.of(Number.NaN, 0, Number.NaN, 1, Number.NaN, 2));
  expect(chunk?.table.column('s').values).toEqual(Float64Array.of(3, 3, 3));
  source.close();
  const semicolon = await sqlSource(' SELECT 1 AS a ; ');
  expect(await recordsOf(semicolon)).toEqual([{ a: 1 }]);
  semicolon.close();
  for (const wrong of [
    'SELECT 1; SELECT 2',
    'CREATE TABLE t AS SELECT 1',
    "SELECT 1) TO 'x' (FORMAT csv); --",
    'SELECT $1',
    'SELECT nope',
  ]) {
    await expect(sqlSource(wrong), wrong).rejects.toMatchObject({ code: 'INVALID_SQL' });
  }
  await expect(sqlSource('SELECT 1 AS a, 2 AS a')).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN' });
  await expect(sqlSource("SELECT MAP {'a': 1} AS m")).rejects.toMatchObject({ code: 'UNSUPPORTED_COLUMN' });
  await expect(sqlSource(' ')).rejects.toMatchObject({ code: 'INVALID_OPTIONS', path: 'sqlSource.query' });
});

test('a query that runs once gives the same rows each time, random ones too', async () => {
  const source = await sqlSource('SELECT random() AS r FROM range(100)');
  const first = await recordsOf(source);
  expect(await recordsOf(source)).toEqual(first);
  expect(new Set(first.map(({ r }) => r)).size).toBe(100);
  source.close();
});

test('an attached database is read by its name; extensions that are not here are named', async () => {
  const shop = files.at("shop's.duckdb");
  const instance = await DuckDBInstance.create(shop);
  const connection = await instance.connect();
  await connection.run('CREATE TABLE orders AS SELECT i AS id FROM range(4) r(i)');
  connection.closeSync();
  instance.closeSync();
  const source = await sqlSource('SELECT sum(id) AS s FROM "the ""shop""".orders', {
    attach: { 'the "shop"': `duckdb:${shop}` },
  });
  expect(await recordsOf(source)).toEqual([{ s: 6 }]);
  source.close();
  const absent = { code: 'UNREADABLE_FILE', path: 'sqlSource.attach.x' };
  await expect(sqlSource('SELECT 1', { attach: { x: `duckdb:${files.at('none.duckdb')}` } })).rejects.toMatchObject(
    absent,
  );
  await expect(sqlSource('SELECT 1', { attach: { x: 'mysql:x' } })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
});

test('a query of somebody else reads its folders, and no other file', async () => {
  await files.parquet('outside.parquet', 'SELECT 1 AS secret');
  mkdirSync(files.at('inside'), { recursive: true });
  const own = await files.parquet('inside/own.parquet', 'SELECT 2 AS n');
  const options = { directories: [files.at('inside')] };
  const source = await sqlSource(`SELECT n FROM '${own}'`, options);
  expect(await recordsOf(source)).toEqual([{ n: 2 }]);
  source.close();
  for (const file of ['outside.parquet', 'inside/../outside.parquet']) {
    await expect(sqlSource(`SELECT * FROM '${files.folder}/${file}'`, options)).rejects.toMatchObject({
      code: 'INVALID_SQL',
    });
  }
});

test('Arrow needs an extension, and says which where it is not installed', async () => {
  const file = files.write('x.arrow', 'ARROW1');
  const error: unknown = await arrowSource(file).catch((thrown: unknown) => thrown);
  // Where the extension is installed, this is no Arrow file.
  expect(error).toMatchObject({ code: expect.stringMatching(/^(MISSING_EXTENSION|UNREADABLE_FILE)$/) });
});

test('temporary files lie where they were told to, and go with the source or its failure', async () => {
  mkdirSync(files.at('scratch'));
  const temporaryDirectory = files.at('scratch');
  const source = await sqlSource('SELECT 1 AS a', { temporaryDirectory });
  expect(readdirSync(temporaryDirectory)).toHaveLength(1);
  source.close();
  expect(readdirSync(temporaryDirectory)).toEqual([]);
  await expect(sqlSource('SELECT nope', { temporaryDirectory })).rejects.toMatchObject({ code: 'INVALID_SQL' });
  expect(readdirSync(temporaryDirectory)).toEqual([]);
  const none = files.at('no/such/folder');
  await expect(sqlSource('SELECT 1', { temporaryDirectory: none })).rejects.toMatchObject({
    code: 'UNREADABLE_FILE',
    path: none,
  });
  expect(existsSync(none)).toBe(false);
});
