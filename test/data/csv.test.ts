import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type CsvOptions, readCsv } from '../../src/data/csv.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';

const read = (text: string, options?: CsvOptions) => readCsv(new TextEncoder().encode(text), options);

async function failure(text: string, options?: CsvOptions): Promise<HeadgateError> {
  const error = await read(text, options).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof HeadgateError) return error;
  throw new Error(`expected a HeadgateError, got ${String(error)}`);
}

test('infers numbers, booleans and text by column; empty fields are missing', async () => {
  const { table, leftOut, notes } = await read(
    'age,fare,alive,name\r\n29,1.5e2,TRUE,"Allen, ""Bess"""\r\n,-.5,false,\r\n3,,,two\r\n',
  );
  expect(table.toRecords()).toEqual([
    { age: 29, fare: 150, alive: true, name: 'Allen, "Bess"' },
    { age: null, fare: -0.5, alive: false, name: null },
    { age: 3, fare: null, alive: null, name: 'two' },
  ]);
  expect(table.columnNames.map((name) => table.column(name).type)).toEqual(['number', 'number', 'boolean', 'string']);
  expect({ leftOut, notes }).toEqual({ leftOut: [], notes: [] });
});

test('leaves out blank, short and long lines and says which and why', async () => {
  const { table, leftOut, notes } = await read('a,b\n1,"x\ny"\n2\n\n,\n3,z,4\n5,w\n');
  expect(table.toRecords()).toEqual([
    { a: 1, b: 'x\ny' },
    { a: 5, b: 'w' },
  ]);
  expect(leftOut).toEqual([
    { line: 4, reason: 'it has 1 field where the header has 2' },
    { line: 5, reason: 'it is blank: every field is empty' },
    { line: 6, reason: 'it is blank: every field is empty' },
    { line: 7, reason: 'it has 3 fields where the header has 2' },
  ]);
  expect(notes[0]).toBe('csv: left out line 4: it has 1 field where the header has 2');
  expect(notes).toHaveLength(4);
});

test('a column that mixes types becomes text and says so', async () => {
  const { table, notes } = await read('boat,flag\n2,true\nD,1\n');
  expect(table.toRecords()).toEqual([
    { boat: '2', flag: 'true' },
    { boat: 'D', flag: '1' },
  ]);
  expect(notes).toEqual([
    'csv: column "boat" mixes numbers with other text ("D" in line 3), so all of it is text; see the options "types" and "missing"',
    'csv: column "flag" mixes numbers with other text ("true" in line 2), so all of it is text; see the options "types" and "missing"',
  ]);
});

test('numbers that would lose digits, and Infinity, stay text', async () => {
  const { table } = await read('id,x\n12345678901234567890,Infinity\n12345678901234567891,1e999\n');
  expect(table.toRecords()[0]).toEqual({ id: '12345678901234567890', x: 'Infinity' });
});

test('missing texts and missing numbers are options', async () => {
  const { table } = await read('a,b\nNA,-1\n2,-1\n -1 ,4\n', {
    missing: ['', 'NA'],
    missingNumbers: { b: [-1] },
  });
  expect(table.toRecords()).toEqual([
    { a: null, b: null },
    { a: 2, b: null },
    { a: -1, b: 4 },
  ]);
  const everywhere = await read('a,b\n-1,0\n2,-1\n', { missingNumbers: [-1] });
  expect(everywhere.table.toRecords()).toEqual([
    { a: null, b: 0 },
    { a: 2, b: null },
  ]);
});

test('declared types hold: a wrong cell is an error with its line', async () => {
  const { table } = await read('zip\n0042\n', { types: { zip: 'string' } });
  expect(table.value(0, 'zip')).toBe('0042');
  const error = await failure('age\n1\n\nold\n', { types: { age: 'number' } });
  expect(error.message).toBe(
    [
      'INVALID_CELL at csv:4.age: Line 4 has a value that is not a number.',
      '  expected: a number, since types.age says so',
      '  received: "old"',
      `  If it stands for a missing value, say so: missing: ['', "old"].`,
    ].join('\n'),
  );
  expect(await failure('age\n1\n', { types: { aeg: 'number' } })).toMatchObject({
    code: 'UNKNOWN_COLUMN',
    suggestion: 'age',
  });
});

test('reads gzip, byte order marks, other delimiters and encodings', async () => {
  const text = '\ufeffa;b\n1;é\n';
  const bytes = gzipSync(text);
  expect((await readCsv(bytes, { delimiter: ';' })).table.toRecords()).toEqual([{ a: 1, b: 'é' }]);
  const latin = Uint8Array.from('a\né\n', (character) => character.charCodeAt(0));
  expect((await readCsv(latin, { encoding: 'latin1' })).table.value(0, 'a')).toBe('é');
  await expect(readCsv(latin)).rejects.toThrow(/^INVALID_CSV at csv: The file is not utf-8 text\./);
});

test('refuses what is not a CSV file, by name', async () => {
  expect(await failure('')).toMatchObject({ code: 'INVALID_CSV', received: '[]' });
  expect(await failure('a,b,a\n1,2,3\n')).toMatchObject({ code: 'DUPLICATE_COLUMN' });
  const quotes = await failure('a,b\n"x" y,2\n');
  expect(quotes.code).toBe('INVALID_CSV');
  expect(quotes.received).toMatch(/line 2/);
  await expect(readCsv('no/such/file.csv')).rejects.toMatchObject({ code: 'UNREADABLE_FILE', path: 'file.csv' });
  await expect(readCsv(new Uint8Array([0x1f, 0x8b, 1]))).rejects.toMatchObject({ code: 'UNREADABLE_FILE' });
});

test('a header without rows is an empty table', async () => {
  const { table } = await read('a,b\n');
  expect([table.rows, table.columnNames]).toEqual([0, ['a', 'b']]);
});

test('__proto__ and constructor are columns like others', async () => {
  const { table } = await read('__proto__,constructor\n1,2\n');
  expect([table.value(0, '__proto__'), table.value(0, 'constructor')]).toEqual([1, 2]);
  expect(({} as Record<string, unknown>)['1']).toBeUndefined();
});

test('toCsv is read back as the same table', async () => {
  const table = Table.fromColumns({
    'a,b': [1, null, -2.5e-7],
    text: ['plain', 'line\nbreak "quoted"', ' padded '],
    flag: [true, false, null],
  });
  expect(table.toCsv()).toBe('"a,b",text,flag\n1,plain,true\n,"line\nbreak ""quoted""",false\n-2.5e-7," padded ",\n');
  const back = await read(table.toCsv());
  expect(back.table.toRecords()).toEqual(table.toRecords());
});

const titanic = new URL('../../../shared/data/titanic3.csv', import.meta.url);
test.skipIf(!existsSync(titanic))('titanic3.csv: 1309 passengers, the blank last line is reported', async () => {
  const { table, leftOut, notes } = await readCsv(titanic);
  expect(table.rows).toBe(1309);
  expect(leftOut).toEqual([{ line: 1311, reason: 'it is blank: every field is empty' }]);
  expect(notes[0]).toBe('titanic3.csv: left out line 1311: it is blank: every field is empty');
  const missing = (name: string) => table.column(name).present.filter((byte) => byte === 0).length;
  expect(missing('age')).toBe(263);
  expect([table.column('age').type, table.column('boat').type]).toEqual(['number', 'string']);
  expect(notes.slice(1).map((note) => note.match(/column "(\w+)"/)?.[1])).toEqual(['ticket', 'boat']);
});

const digits = new URL('../../../shared/data/digits.csv.gz', import.meta.url);
test.skipIf(!existsSync(digits))('digits.csv.gz: 1797 digits of 64 numbers', async () => {
  const { table, notes } = await readCsv(digits);
  expect([table.rows, table.columnNames.length, notes]).toEqual([1797, 65, []]);
});
