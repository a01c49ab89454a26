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

test('line ends may be mixed, also CR alone', async () => {
  const { table } = await read('x,city\n1,NYC\r\n2,LA\r\n3,SF\r4,"A\r\nB"\n');
  expect(table.toRecords().map((row) => row.city)).toEqual(['NYC', 'LA', 'SF', 'A\r\nB']);
});

test('blanks around a value without quotes do not count, before quotes neither', async () => {
  const { table } = await read('a, "b, c" ,d\n 1, "x, y" ,  z \n');
  expect(table.toRecords()).toEqual([{ a: 1, 'b, c': 'x, y', d: 'z' }]);
});

test('UTF-16 is read by its byte order mark; without one the message names it', async () => {
  const wide = (text: string, bigEndian: boolean) => {
    const bytes = new DataView(new ArrayBuffer(2 * text.length));
    for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), !bigEndian);
    return new Uint8Array(bytes.buffer);
  };
  for (const bigEndian of [false, true]) {
    expect((await readCsv(wide('\ufeffa,b\n1,é\n', bigEndian))).table.toRecords()).toEqual([{ a: 1, b: 'é' }]);
    const unmarked = await readCsv(wide('a,b\n1,2\n', bigEndian)).catch((error: unknown) => error);
    expect(unmarked).toMatchObject({ code: 'INVALID_CSV', mend: expect.stringContaining("encoding: 'utf-16le'") });
    const accented = await readCsv(wide('a,b\n1,é\n', bigEndian)).catch((error: unknown) => error); // no UTF-8 at all
    expect(accented).toMatchObject({ code: 'INVALID_CSV', mend: expect.stringContaining("encoding: 'utf-16le'") });
  }
  expect((await read('a\nx\0y\n', { encoding: 'utf-8' })).table.toRecords()).toEqual([{ a: 'x\0y' }]);
  expect((await readCsv(wide('a\n1\n', true), { encoding: 'utf-16be' })).table.toRecords()).toEqual([{ a: 1 }]);
});

test('digits are never lost in silence', async () => {
  const { table, notes } = await read(
    'id,long,zip,x,big\n9007199254740993.0,90071992547409931,007,3.14159265358979323846,100000000000000000000\n1,2,8,1,1\n',
  );
  expect(table.toRecords()[0]).toEqual({
    id: '9007199254740993.0',
    long: '90071992547409931',
    zip: '007',
    x: Math.PI,
    big: 1e20,
  });
  expect(notes.filter((note) => !note.includes('mixes'))).toEqual([
    'csv: column "id" has whole numbers too long for a 64-bit float ("9007199254740993.0" in line 2), so it is text',
    'csv: column "long" has whole numbers too long for a 64-bit float ("90071992547409931" in line 2), so it is text',
    'csv: column "x" has more digits than a 64-bit float keeps ("3.14159265358979323846" in line 2)',
  ]);
  const declared = await read('zip\n007\n-08.5\n', { types: { zip: 'number' } });
  expect(declared.table.toRecords()).toEqual([{ zip: 7 }, { zip: -8.5 }]);
});

test('quotes say that a value is text, unless they stand around everything', async () => {
  const some = await read('zip,n\n"1",1\n"2",2\n');
  expect(some.table.toRecords()).toEqual([
    { zip: '1', n: 1 },
    { zip: '2', n: 2 },
  ]);
  expect(some.notes).toEqual([
    `csv: column "zip" has numbers in quotes, which are text; types: { "zip": 'number' } reads numbers`,
  ]);
  const all = await read('"zip","n","m"\n"1","1",""\n"2","",""\n');
  expect(all.table.toRecords()).toEqual([
    { zip: 1, n: 1, m: null },
    { zip: 2, n: null, m: null },
  ]);
});

test('lists, instants and the mark of databases for missing', async () => {
  const { table } = await read('when,traits,n\n2020-01-02T03:04:05.006Z,"[""red""]",\\N\n,[],4\n');
  expect(table.toRecords()).toEqual([
    { when: new Date('2020-01-02T03:04:05.006Z'), traits: ['red'], n: null },
    { when: null, traits: [], n: 4 },
  ]);
  expect((await read('n,when\n1,x\n', { types: { n: 'string' } })).table.value(0, 'n')).toBe('1');
  expect(await failure('when\nyesterday\n', { types: { when: 'date' } })).toMatchObject({ code: 'INVALID_CELL' });
});

test('decimal commas and another delimiter are noted', async () => {
  const commas = await read('a;b\n1,5;2\n3;4\n', { delimiter: ';' });
  expect(commas.notes).toEqual([
    'csv: column "a" writes numbers with decimal commas ("1,5" in line 2), which are read as text: use points',
  ]);
  const semicolons = await read('a;b\n1;2\n');
  expect(semicolons.notes).toEqual([
    'csv: the header has one name, "a;b"; for several columns, say readCsv(path, { delimiter: ";" })',
  ]);
});

test('columns keep the order of the file, also where their names are numbers', async () => {
  expect((await read('b,2,1\n1,2,3\n')).table.columnNames).toEqual(['b', '2', '1']);
});

test.each<[Record<string, unknown>, string, string | undefined]>([
  [{ separator: ';' }, 'readCsv.separator', 'delimiter'],
  [{ delimeter: ';' }, 'readCsv.delimeter', 'delimiter'],
  [{ typs: {} }, 'readCsv.typs', 'types'],
  [{ delimiter: '' }, 'readCsv.delimiter', undefined],
  [{ types: { a: 'integer' } }, 'readCsv.types.a', undefined],
  [{ missing: 'NA' }, 'readCsv.missing', undefined],
  [{ encoding: 'utf-80' }, 'readCsv.encoding', undefined],
])('the options %j are refused', async (options, path, suggestion) => {
  const error = await failure('a\n1\n', options as CsvOptions);
  expect([error.code, error.path, error.suggestion]).toEqual(['INVALID_OPTIONS', path, suggestion]);
});

test('a column without a value has no numbers in quotes to be noted; one with some has', async () => {
  expect((await read('a,b\n1,\n2,\n')).notes).toEqual([]);
  expect((await read('a,b\n1,"1"\n2,\n')).notes).toEqual([
    `csv: column "b" has numbers in quotes, which are text; types: { "b": 'number' } reads numbers`,
  ]);
});
