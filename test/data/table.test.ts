import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withMissingNumbers } from '../../src/data/missing.js';
import { asTable, Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';

function failure(run: () => unknown): HeadgateError {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('expected a HeadgateError');
}

test('records become typed columns; null, undefined, NaN and absent keys are missing', () => {
  const table = Table.fromRecords([
    { age: 1, open: true, shirt: 'red', traits: ['a'], mixed: 1 },
    { age: Number.NaN, open: null, shirt: undefined, traits: ['a', 'b'], mixed: 'x' },
    { late: 0 },
  ]);
  expect(table.columnNames).toEqual(['age', 'open', 'shirt', 'traits', 'mixed', 'late']);
  expect(table.columnNames.map((name) => table.column(name).type)).toEqual([
    'number',
    'boolean',
    'string',
    'object',
    'object',
    'number',
  ]);
  expect(table.columnNames.map((name) => [...table.column(name).present].join(''))).toEqual([
    '100',
    '100',
    '100',
    '110',
    '110',
    '001',
  ]);
  expect(table.toRecords()).toEqual([
    { age: 1, open: true, shirt: 'red', traits: ['a'], mixed: 1, late: null },
    { age: null, open: null, shirt: null, traits: ['a', 'b'], mixed: 'x', late: null },
    { age: null, open: null, shirt: null, traits: null, mixed: null, late: 0 },
  ]);
});

test('infinities are values: they are refused where they are used, with their row', () => {
  const table = Table.fromRecords([{ x: Number.POSITIVE_INFINITY }, { x: Number.NEGATIVE_INFINITY }]);
  expect([...table.column('x').present]).toEqual([1, 1]);
  expect(table.value(1, 'x')).toBe(Number.NEGATIVE_INFINITY);
});

test('columns: lists, typed arrays, and rows of a fixed shape', () => {
  const bytes = Uint8Array.from({ length: 8 }, (_, i) => i);
  const table = Table.fromColumns({
    list: [1, null],
    typed: new Float32Array([0.5, Number.NaN]),
    frame: { data: bytes, shape: [2, 2] },
    nothing: [null, undefined],
  });
  expect([table.rows, table.value(0, 'typed'), table.value(1, 'typed')]).toEqual([2, 0.5, null]);
  expect(table.value(1, 'frame')).toEqual(new Uint8Array([4, 5, 6, 7]));
  expect(table.value(1, 'nothing')).toBeNull();
  expect(table.select([1, 1, 0]).column('frame')).toMatchObject({
    shape: [2, 2],
    values: new Uint8Array([4, 5, 6, 7, 4, 5, 6, 7, 0, 1, 2, 3]),
  });
});

test('typed arrays of one length in records are packed', () => {
  const table = Table.fromRecords([{ v: new Float32Array([1, 2]) }, {}, { v: new Float32Array([3, 4]) }]);
  expect(table.column('v')).toMatchObject({ type: 'tensor', shape: [2], values: new Float32Array([1, 2, 0, 0, 3, 4]) });
  expect(table.value(1, 'v')).toBeNull();
  expect(Table.fromRecords([{ v: new Uint8Array(2) }, { v: new Uint8Array(3) }]).column('v').type).toBe('object');
  expect(Table.fromRecords([{ v: new Uint8Array(2) }, { v: new Float32Array(2) }]).column('v').type).toBe('object');
});

test('unequal columns are refused with both names and lengths', () => {
  const error = failure(() => Table.fromColumns({ doorOpen: [true, false], age: [1, 2, 3] }));
  expect(error.message).toBe(
    [
      'UNEQUAL_COLUMNS at columns.age: All columns must have the same number of rows.',
      '  expected: 2 rows, as in "doorOpen"',
      '  received: 3 rows',
      '  Use null for values that are missing.',
    ].join('\n'),
  );
  expect(failure(() => Table.fromColumns({ a: [1] }).with('b', [1, 2])).code).toBe('UNEQUAL_COLUMNS');
});

test('bad columns and records are refused by name', () => {
  const columns = (source: unknown) => failure(() => Table.fromColumns(source as Record<string, number[]>));
  expect(columns({ a: 'text' })).toMatchObject({ code: 'INVALID_COLUMN', path: 'columns.a', received: '"text"' });
  expect(columns({ a: null })).toMatchObject({ code: 'INVALID_COLUMN' });
  expect(columns({ a: { data: [1, 2], shape: [1] } })).toMatchObject({ code: 'INVALID_COLUMN' });
  expect(columns({ a: { data: new Float32Array(5), shape: [2] } })).toMatchObject({
    code: 'WRONG_SHAPE',
    received: '5 values',
  });
  for (const shape of [[0], [-1], [0.5]]) {
    expect(columns({ a: { data: new Float32Array(4), shape } }).code).toBe('WRONG_SHAPE');
  }
  const records = (rows: unknown) => failure(() => Table.fromRecords(rows as Record<string, unknown>[]));
  expect(records([{}, null])).toMatchObject({ code: 'INVALID_RECORD', path: 'rows[1]', received: 'null' });
  for (const none of [
    [1],
    new Map([['a', 1]]),
    Promise.resolve({ a: 1 }),
    new Date(0),
    Table.fromRecords([{ a: 1 }]),
  ]) {
    expect(records([{ a: 1 }, none])).toMatchObject({ code: 'INVALID_RECORD', path: 'rows[1]' });
  }
  expect(failure(() => asTable('x' as unknown as Table))).toMatchObject({ code: 'INVALID_DATA', received: '"x"' });
});

test('unknown columns and rows are refused, with a suggestion', () => {
  const table = Table.fromColumns({ doorOpen: [1] });
  for (const run of [
    () => table.column('dorOpen'),
    () => table.value(0, 'dorOpen'),
    () => table.drop('dorOpen'),
    () => table.rename({ dorOpen: 'x' }),
  ]) {
    expect(failure(run)).toMatchObject({ code: 'UNKNOWN_COLUMN', suggestion: 'doorOpen' });
  }
  for (const row of [1, -1, 0.5, Number.NaN]) {
    expect(failure(() => table.value(row, 'doorOpen'))).toMatchObject({ code: 'UNKNOWN_ROW' });
    expect(failure(() => table.select([row])).code).toBe('UNKNOWN_ROW');
  }
});

test('filter and derive refuse a function that is async: its promise would always be yes', () => {
  const table = Table.fromRecords([{ a: 1 }, { a: 2 }]);
  const keep = (async () => false) as unknown as () => boolean; // as from JavaScript
  expect(() => table.filter(keep)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'table.filter', received: 'a promise' }),
  );
  expect(() => table.derive('b', () => Promise.reject(new Error('mine')))).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'table.derive' }),
  );
});

test('__proto__ and constructor are columns like others and pollute nothing', () => {
  const rows: Record<string, unknown>[] = JSON.parse('[{"__proto__": {"polluted": 1}, "constructor": 2, "x": 3}]');
  const columns = JSON.parse('{"__proto__": [{"polluted": 1}], "constructor": [2], "x": [3]}');
  for (const table of [Table.fromRecords(rows), Table.fromColumns(columns)]) {
    expect(table.columnNames).toEqual(['__proto__', 'constructor', 'x']);
    expect([table.value(0, '__proto__'), table.value(0, 'constructor')]).toEqual([{ polluted: 1 }, 2]);
    const [record] = table.toRecords();
    expect(Object.keys(record ?? {})).toEqual(['__proto__', 'constructor', 'x']);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect((record as { polluted?: number }).polluted).toBeUndefined();
    const parts = table.split({ ['__proto__']: 0.5, test: 0.5 }, { seed: 1 });
    expect(Object.keys(parts)).toEqual(['__proto__', 'test']);
    expect(Object.keys(table.rename({ x: '__proto__x' }).toRecords()[0] ?? {})).toContain('__proto__x');
  }
  expect(failure(() => Table.fromColumns({ x: [1] }).column('constructor')).code).toBe('UNKNOWN_COLUMN');
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('select, slice, filter, derive, with, drop, rename and concat make new tables', () => {
  const table = Table.fromColumns({ x: [1, 2, 3, null], s: ['a', 'b', null, 'd'] });
  const xs = (t: Table) => t.toRecords().map((row) => row.x);
  expect(xs(table.select([2, 0]))).toEqual([3, 1]);
  expect(xs(table.slice(-2))).toEqual([3, null]);
  expect(xs(table.slice(1, 3))).toEqual([2, 3]);
  expect(xs(table.filter((row, index) => row.s !== null && index > 0))).toEqual([2, null]);
  expect(table.derive('isBig', ({ x }) => (x === null ? null : Number(x) > 1)).column('isBig')).toMatchObject({
    type: 'boolean',
    values: new Uint8Array([0, 1, 1, 0]),
    present: new Uint8Array([1, 1, 1, 0]),
  });
  expect(xs(table.with('x', [9, 8, 7, 6]))).toEqual([9, 8, 7, 6]);
  expect(table.drop('x').columnNames).toEqual(['s']);
  expect(table.rename({ x: 's', s: 'x' }).toRecords()[0]).toEqual({ s: 1, x: 'a' });
  expect(failure(() => table.rename({ x: 's' })).code).toBe('DUPLICATE_COLUMN');
  const other = Table.fromColumns({ x: ['text'], y: [true] });
  expect(table.concat(other).toRecords().slice(3)).toEqual([
    { x: null, s: 'd', y: null },
    { x: 'text', s: null, y: true },
  ]);
  expect(xs(table)).toEqual([1, 2, 3, null]);
});

test('tensors are concatenated when they agree, and refused when not', () => {
  const tensor = (data: Float32Array | Uint8Array, shape: number[]) => Table.fromColumns({ v: { data, shape } });
  const a = tensor(new Float32Array([1, 2]), [2]);
  expect(a.concat(Table.fromColumns({ w: [1] }), a).column('v')).toMatchObject({
    values: new Float32Array([1, 2, 0, 0, 1, 2]),
    present: new Uint8Array([1, 0, 1]),
  });
  for (const b of [tensor(new Uint8Array(2), [2]), tensor(new Float32Array(3), [3]), Table.fromColumns({ v: [1] })]) {
    expect(failure(() => a.concat(b))).toMatchObject({ code: 'INCOMPATIBLE_COLUMNS', path: 'columns.v' });
  }
});

test('split puts every row in one part, the same way for the same seed', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.integer(), (rows, seed) => {
      const table = Table.fromColumns({ id: Array.from({ length: rows }, (_, i) => i) });
      const parts = table.split({ train: 0.7, validation: 0.1, test: 0.2 }, { seed });
      const ids = [parts.train, parts.validation, parts.test].map((part) =>
        part.toRecords().map((row) => Number(row.id)),
      );
      expect(ids.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
      expect(ids[0]).toHaveLength(Math.round(0.7 * rows));
      const again = table.split({ train: 0.7, validation: 0.1, test: 0.2 }, { seed });
      expect(again.test.toRecords().map((row) => row.id)).toEqual(ids[2]);
    }),
  );
  const wrong: Record<string, number>[] = [{ a: 0.5 }, { a: 0.5, b: 0.6 }, { a: 1.5, b: -0.5 }, { a: Number.NaN }, {}];
  for (const shares of wrong) {
    expect(failure(() => Table.fromColumns({ x: [1] }).split(shares, { seed: 0 })).code).toBe('INVALID_SPLIT');
  }
});

test('sentinels become missing, in numbers and inside lists, everywhere or by column', () => {
  const table = Table.fromColumns({
    x: [-1, 0, 1],
    y: [-1, 2, -9],
    traits: [[-1, 1], [0, -1], null],
    s: ['-1', 'a', 'b'],
  });
  expect(withMissingNumbers(table, [-1]).toRecords()).toEqual([
    { x: null, y: null, traits: [null, 1], s: '-1' },
    { x: 0, y: 2, traits: [0, null], s: 'a' },
    { x: 1, y: -9, traits: null, s: 'b' },
  ]);
  expect(
    withMissingNumbers(table, { y: [-1, -9] })
      .toRecords()
      .map(({ x, y }) => [x, y]),
  ).toEqual([
    [-1, null],
    [0, 2],
    [1, null],
  ]);
  expect(failure(() => withMissingNumbers(table, { z: [-1] })).code).toBe('UNKNOWN_COLUMN');
});

test('toCsv and toDanfo refuse tensors', async () => {
  const table = Table.fromColumns({ frame: { data: new Uint8Array(4), shape: [2] } });
  expect(failure(() => table.toCsv())).toMatchObject({ code: 'NOT_TABULAR', path: 'columns.frame' });
  expect(failure(() => table.toDanfo())).toMatchObject({ code: 'NOT_TABULAR' });
});

test('records and columns of the same values give the same table, in any order of columns', () => {
  const cell = fc.oneof(
    fc.constant(null),
    fc.constant(Number.NaN),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
      const a = Table.fromRecords(rows.map(([x, y]) => ({ x, y })));
      const b = Table.fromColumns({ y: rows.map(([, y]) => y), x: rows.map(([x]) => x) });
      expect(a.toRecords()).toEqual(b.toRecords());
      expect(a.column('x').present).toEqual(b.column('x').present);
    }),
  );
});
