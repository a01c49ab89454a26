import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvOptions, readCsv } from '../../src/data/csv.js';
import { Table } from '../../src/data/table.js';

const read = (text: string, options?: CsvOptions) => readCsv(new TextEncoder().encode(text), options);

/** Texts that look like something else, or that CSV has marks for. */
const oddText = fc.constantFrom(
  ...['', ' ', '  x', 'x ', '\t', '"', '""', '"x"', 'a"b', ',', 'a,b', ';', '\n', '\r', '\r\n', 'x\r\ny', 'x\r'],
  ...['1', '-0', '007', '1.0', '1e5', '.5', 'Infinity', '-Infinity', 'NaN', '9007199254740993', '1,5'],
  ...['true', 'FALSE', 'NA', 'null', '\\N', 'undefined', '[object Object]'],
  ...['2020-01-01T00:00:00.000Z', '2020-01-01', '[]', '["a"]', '{"a":1}', '[1', '"[]"', '"\\"[]\\""', '\ufeffx'],
);
const text = fc.oneof(oddText, fc.string(), fc.string({ unit: 'grapheme' }));
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(
    0,
    -0,
    1e308,
    -1e308,
    5e-324,
    2.2250738585072014e-308,
    2 ** 53,
    2 ** 53 + 2,
    1e20,
    123456789012345680000,
  ),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 1 / 3, Number.MAX_VALUE, 1e21),
  fc.integer(),
);
const instant = fc.date({ noInvalidDate: true });
const classes = fc.array(text, { maxLength: 3 });

/** A column of each type, a third of its values missing. */
const column = (rows: number) =>
  fc.oneof(
    ...[number, fc.boolean(), text, instant, classes].map((value) =>
      fc.array(fc.option(value as fc.Arbitrary<unknown>, { nil: null, freq: 2 }), { minLength: rows, maxLength: rows }),
    ),
  );
const tables = fc
  .tuple(fc.uniqueArray(text, { minLength: 1, maxLength: 4 }), fc.nat(5))
  .chain(([names, rows]) => fc.tuple(fc.constant(names), fc.tuple(...names.map(() => column(rows)))))
  .map(([names, columns]) => Table.fromColumns(Object.fromEntries(names.map((name, i) => [name, columns[i] ?? []]))));

function contents(table: Table) {
  return table.columnNames.map((name) => {
    const { type, present } = table.column(name);
    return { name, type, present, values: Array.from({ length: table.rows }, (_, row) => table.value(row, name)) };
  });
}

test('what toCsv writes, readCsv reads back: columns of every type, odd texts, missing values, one column alone', async () => {
  await fc.assert(
    fc.asyncProperty(tables, async (table) => {
      const { table: back, leftOut } = await read(table.toCsv());
      expect(leftOut).toEqual([]);
      expect(contents(back)).toEqual(contents(table));
    }),
    { numRuns: 200 },
  );
});

test.each<[string, unknown[], string]>([
  ['a missing value in a column alone', [1, null, 3], 'a\n1\n\\N\n3\n'],
  ['infinities and minus zero', [Number.POSITIVE_INFINITY, -0, -1e308], 'a\nInfinity\n-0\n-1e+308\n'],
  ['whole numbers beyond 2^53', [2 ** 53 + 2, 1e20], 'a\n9.007199254740994e+15\n1e+20\n'],
  ['the empty text, which is not missing', ['', null, 'x'], 'a\n""\n\\N\nx\n'],
  ['an instant', [new Date(0)], 'a\n1970-01-01T00:00:00.000Z\n'],
  ['texts of numbers', ['1', '2'], 'a\n"1"\n"2"\n'],
  ['class names', [['red', 'a"b'], []], 'a\n"[""red"",""a\\""b""]"\n[]\n'],
  ['a text that looks like class names', ['["red"]'], 'a\n"""[\\""red\\""]"""\n'],
])('%s', async (_, values, csv) => {
  const table = Table.fromColumns({ a: values });
  expect(table.toCsv()).toBe(csv);
  expect(contents((await read(csv)).table)).toEqual(contents(table));
});

test.each<[string, unknown]>([
  ['an infinity in a list', [1, Number.POSITIVE_INFINITY]],
  ['a date in a list', [new Date(0)]],
  ['a date that is none', new Date(Number.NaN)],
  ['a typed array in a list', [new Float32Array(2)]],
  ['a long integer', 5n],
  ['half of a character', 'x\ud800'],
  ['a map', new Map()],
  ['a zero character', 'x\0y'],
])('%s would not come back, and is refused with its place', (_, value) => {
  const table = Table.fromColumns({ a: [null, value, [0]] });
  expect(() => table.toCsv()).toThrow(expect.objectContaining({ code: 'NOT_TABULAR', path: 'rows[1].a' }));
});

test('a column of several types would come back as text, and is refused where the second type begins', () => {
  for (const values of [
    [1, null, '1'],
    [true, null, 1],
    [new Date(0), null, '1970'],
    ['a', null, ['a']],
  ]) {
    const table = Table.fromColumns({ b: [1, 2, 3], a: values });
    expect(() => table.toCsv()).toThrow(expect.objectContaining({ code: 'NOT_TABULAR', path: 'rows[2].a' }));
  }
});
