/** @file A line of 100 megabytes is told, and not held: peak memory is measured in a process of its own. */
import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { csvSource, type HeadgateError, jsonLinesSource } from '../../../src/index.js';
import { recordsOf, temporaryFiles } from '../../support/duckdb-files.js';

const files = temporaryFiles();
const MEGABYTE = Buffer.alloc(2 ** 20, 'x');

/** Text, so many megabytes of one line, text. */
function long(name: string, before: string, megabytes: number, after: string): string {
  const file = openSync(files.at(name), 'w');
  writeSync(file, before);
  for (let i = 0; i < megabytes; i++) writeSync(file, MEGABYTE);
  writeSync(file, after);
  closeSync(file);
  return files.at(name);
}

const told = (given: Promise<unknown>): Promise<HeadgateError> => given.then(Object, (error: HeadgateError) => error);

test('CSV: a line of 100 megabytes is an error, also where lines are counted; so is a file that is one', async () => {
  const file = long('row.csv', 'a,b\n1,', 100, '\n2,y\n');
  for (const onReject of ['error', 'count'] as const) {
    const error = await told(csvSource(file, { onReject }));
    expect(error).toMatchObject({ code: 'INVALID_CSV', path: file });
    expect(error.problem).toBe('The line that begins at byte 4 does not end within 8 megabytes.');
    expect(String(error).length).toBeLessThan(500);
  }
  const last = long('last.csv', 'a,b\r1,2\r3,', 9, '');
  expect((await told(csvSource(last))).problem).toContain('begins at byte 8 ');
  const zipped = files.at('row.csv.gz');
  writeFileSync(zipped, gzipSync(readFileSync(long('nine.csv', 'a,b\n1,', 9, '\n2,y\n'))));
  expect((await told(csvSource(zipped, { onReject: 'count' }))).problem).toContain('begins at byte 4 ');
  const one = long('one.csv', '', 100, '');
  expect(await told(csvSource(one, { onReject: 'count' }))).toMatchObject({ code: 'INVALID_CSV', path: one });
});

test('CSV: lines that are too long, and yet not that long, are counted, and the others are there', async () => {
  for (const megabytes of [2, 7]) {
    const file = long(`${megabytes}.csv`, 'a,b\n1,', megabytes, '\n2,y\n');
    expect(await told(csvSource(file))).toMatchObject({ code: 'INVALID_CSV', path: `${file}:2` });
    const source = await csvSource(file, { onReject: 'count' });
    expect([source.rejected.count, await recordsOf(source)]).toEqual([1, [{ a: 2, b: 'y' }]]);
    source.close();
  }
});

test('JSON lines: a value of 100 megabytes is an error; so is a file that is one line of anything', async () => {
  for (const file of [long('row.jsonl', '{"a":1}\n{"a":"', 100, '"}\n{"a":3}\n'), long('one.jsonl', '', 100, '')]) {
    const error = await told(jsonLinesSource(file));
    expect(error).toMatchObject({ code: 'INVALID_JSON', path: file });
    expect(String(error).length).toBeLessThan(500);
  }
});

test('none of them is held in memory', async () => {
  const csv = long('memory.csv', 'a,b\n1,', 100, '\n2,y\n');
  const json = long('memory.jsonl', '{"a":"', 100, '"}\n');
  const index = JSON.stringify(new URL('../../../src/index.ts', import.meta.url).pathname);
  const program = `import { csvSource, jsonLinesSource } from ${index};
    const peak = () => process.resourceUsage().maxRSS / 1024;
    const small = ${JSON.stringify(files.write('small.csv', 'a,b\n1,x\n'))};
    (await csvSource(small)).close();
    const before = peak();
    const codes = [];
    for (const open of [() => csvSource(${JSON.stringify(csv)}), () => jsonLinesSource(${JSON.stringify(json)})])
      await open().catch((error) => codes.push(error.code));
    console.log(JSON.stringify({ codes, more: peak() - before }));`;
  const script = files.write('memory.mts', program);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script]);
  const { codes, more } = JSON.parse(stdout);
  expect(codes).toEqual(['INVALID_CSV', 'INVALID_JSON']);
  expect(more).toBeLessThan(150); // twice DuckDB's largest value of JSON, 64 MB in buffers, and some
});
