import { expect, test } from 'vitest';
import { bindInputs } from '../../src/data/inputs.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';
import type { InputSpec } from '../../src/flow/graph.js';

const vector = (...columns: string[]): InputSpec => ({ kind: 'vector', shape: [columns.length], scale: 1, columns });
const tensor = (shape: number[], scale = 1): InputSpec => ({ kind: 'image', shape, scale, columns: null });

function failure(table: Table, specs: Record<string, InputSpec>): HeadgateError {
  try {
    bindInputs(table, specs);
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('expected a HeadgateError');
}

test('rows that no array can hold', () => {
  const table = Table.fromColumns({ x: Array.from({ length: 1000 }, () => [1]) });
  expect(failure(table, { x: tensor([2 ** 31 - 1]) })).toMatchObject({
    code: 'DATA_TOO_LARGE',
    path: 'inputs.x',
    received: '1000 rows of 2147483647 numbers',
  });
});

test('numeric columns side by side make a vector; booleans are 0 and 1', () => {
  const table = Table.fromColumns({ b: [true, false], a: [1.5, -2], mixed: [true, 7] });
  const { rows, inputs, notes } = bindInputs(table, { x: vector('a', 'b', 'mixed') });
  expect([rows, notes]).toEqual([2, []]);
  expect(inputs.x).toEqual({ shape: [3], values: new Float32Array([1.5, 1, 1, -2, 0, 7]) });
});

test.each<[string, unknown[], number[]]>([
  [
    'lists',
    [
      [1, 2],
      [3, 4],
    ],
    [2],
  ],
  [
    'nested lists',
    [
      [[1], [2]],
      [[3], [4]],
    ],
    [2, 1],
  ],
  [
    'flat lists for a deeper shape',
    [
      [1, 2],
      [3, 4],
    ],
    [2, 1],
  ],
  ['typed arrays', [new Float32Array([1, 2]), new Float32Array([3, 4])], [2]],
  ['typed arrays and lists', [new Uint8Array([1, 2]), [3, 4]], [1, 2]],
  [
    '{ data, shape }',
    [
      { data: new Float32Array([1, 2]), shape: [2, 1] },
      { data: new Uint8Array([3, 4]), shape: [2] },
    ],
    [2],
  ],
])('one column may hold %s', (_, x, shape) => {
  const { inputs } = bindInputs(Table.fromColumns({ x }), { x: tensor(shape) });
  expect(inputs.x).toEqual({ shape, values: new Float32Array([1, 2, 3, 4]) });
});

test('one column of numbers is an input of one element', () => {
  const { inputs } = bindInputs(Table.fromColumns({ x: [1, 2] }), { x: tensor([1]) });
  expect(inputs.x?.values).toEqual(new Float32Array([1, 2]));
});

test('tensor columns are read without a copy, and 8-bit ones stay 8-bit', () => {
  const data = new Uint8Array(24).fill(7);
  const table = Table.fromColumns({ frame: { data, shape: [2, 2, 3] } });
  expect(bindInputs(table, { frame: tensor([2, 2, 3], 1 / 255) }).inputs.frame?.values).toBe(data);
  expect(bindInputs(table, { frame: tensor([2, 2, 3, 1]) }).inputs.frame?.values).toBe(data);
  const flat = Table.fromRecords([{ frame: data.subarray(0, 12) }, { frame: data.subarray(12) }]);
  expect(bindInputs(flat, { frame: tensor([2, 2, 3]) }).inputs.frame?.values).toEqual(data);
  const clamped = Table.fromRecords([{ frame: new Uint8ClampedArray([1, 2]) }]);
  expect(bindInputs(clamped, { frame: tensor([2]) }).inputs.frame?.values).toEqual(new Uint8Array([1, 2]));
});

test.each<[string, Record<string, unknown>, InputSpec, string, string]>([
  ['NaN in a column', { x: [0, Number.NaN] }, tensor([1]), 'rows[1].x', 'null'],
  ['null', { x: [0, null] }, tensor([1]), 'rows[1].x', 'null'],
  ['Infinity', { x: [0, 1, Number.POSITIVE_INFINITY] }, tensor([1]), 'rows[2].x', 'Infinity'],
  ['-Infinity', { a: [Number.NEGATIVE_INFINITY] }, vector('a'), 'rows[0].a', '-Infinity'],
  ['beyond float32', { x: [1e300] }, tensor([1]), 'rows[0].x', '1e+300'],
  ['text', { a: [1, 2], b: ['3', '4'] }, vector('a', 'b'), 'rows[0].b', '"3"'],
  ['a list in a vector of columns', { a: [1], b: [[2]] }, vector('a', 'b'), 'rows[0].b', '[2]'],
  [
    'NaN in a list',
    {
      x: [
        [1, 2],
        [1, Number.NaN],
      ],
    },
    tensor([2]),
    'rows[1].x',
    'NaN',
  ],
  ['null in a list', { x: [[1, null]] }, tensor([2]), 'rows[0].x', 'null'],
  ['text in a list', { x: [[1, '2']] }, tensor([2]), 'rows[0].x', '"2"'],
  [
    'NaN in a tensor',
    { x: { data: new Float32Array([1, 2, 3, Number.NaN]), shape: [2] } },
    tensor([2]),
    'rows[1].x',
    'NaN',
  ],
])('refuses %s, with the row', (_, columns, spec, path, received) => {
  const error = failure(Table.fromColumns(columns as Record<string, number[]>), { x: spec });
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path, received });
  expect(error.mend).toContain(`"${path.split('.')[1]}"`);
});

test('the message of a missing input says how to mend it', () => {
  expect(failure(Table.fromColumns({ age: [1, null] }), { x: vector('age') }).message).toBe(
    [
      'INVALID_INPUT at rows[1].age: A value of an input is missing.',
      '  expected: finite numbers within the range of float32; booleans count as 0 and 1',
      '  received: null',
      '  Leave such rows out (table.filter((row) => row["age"] !== null)) or fill the value (table.derive("age", …)).',
    ].join('\n'),
  );
});

test('a missing tensor row is refused with its row', () => {
  const table = Table.fromRecords([{ x: new Float32Array(2) }, { x: null }]);
  expect(failure(table, { x: tensor([2]) })).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].x' });
  const list = Table.fromRecords([{ x: [1, 2] }, { x: null }]);
  expect(failure(list, { x: tensor([2]) })).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].x' });
});

test.each<[string, Record<string, unknown>, InputSpec, string, string]>([
  ['a short list', { x: [[1, 2], [1]] }, tensor([2]), 'rows[1].x', 'an array of shape [1]'],
  ['an empty list', { x: [[]] }, tensor([2]), 'rows[0].x', 'an array of shape [0]'],
  [
    'a ragged list',
    { x: [[[1, 2, 3], [4]]] },
    tensor([2, 2]),
    'rows[0].x',
    'one that is ragged or does not fill its shape',
  ],
  [
    'swapped axes',
    {
      x: [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ],
    },
    tensor([2, 3]),
    'rows[0].x',
    'an array of shape [3,2]',
  ],
  [
    'a tensor',
    { x: { data: new Uint8Array(12), shape: [3, 4] } },
    tensor([4, 3]),
    'rows[0].x',
    'an array of shape [3,4]',
  ],
  ['a number', { x: [1] }, tensor([2]), 'rows[0].x', 'an array of shape []'],
  [
    'a false shape',
    { x: [{ data: [1, 2], shape: [3] }] },
    tensor([2]),
    'rows[0].x',
    'one that is ragged or does not fill its shape',
  ],
])('refuses the wrong shape of %s', (_, columns, spec, path, received) => {
  const error = failure(Table.fromColumns(columns as Record<string, number[]>), { x: spec });
  expect(error).toMatchObject({ code: 'WRONG_SHAPE', path, received });
  expect(error.expected).toContain(JSON.stringify(spec.shape));
});

test('an absent column is refused, with the nearest one', () => {
  const table = Table.fromColumns({ farme: [1] });
  expect(failure(table, { frame: tensor([1]) }).message).toBe(
    [
      'UNKNOWN_COLUMN at inputs.frame: The table has no column "frame", which the input "frame" is read from.',
      '  expected: one of ["farme"]',
      '  did you mean "farme"?',
    ].join('\n'),
  );
  expect(failure(table, { x: { ...vector('farme'), shape: [2] } })).toMatchObject({
    code: 'WRONG_SHAPE',
    path: 'inputs.x',
    received: '1 columns',
  });
});

test('an empty table is refused', () => {
  for (const table of [Table.fromRecords([]), Table.fromColumns({ x: [] })]) {
    expect(failure(table, { x: tensor([1]) })).toMatchObject({ code: 'EMPTY_DATASET', path: 'data' });
  }
});

test('warns when values in [0, 1] would be scaled down again', () => {
  const table = Table.fromColumns({ frame: { data: new Float32Array([0, 0.5]), shape: [1] } });
  expect(bindInputs(table, { frame: tensor([1], 1 / 255) }).notes.map(({ text }) => text)).toEqual([
    'All values of the input "frame" lie in [0, 1], and each is multiplied by 0.00392156862745098: is that meant?',
  ]);
  expect(bindInputs(table, { frame: tensor([1]) }).notes).toEqual([]);
});

test('an input may be called __proto__', () => {
  const specs: Record<string, InputSpec> = Object.fromEntries([['__proto__', tensor([1])]]);
  const { inputs } = bindInputs(Table.fromRecords(JSON.parse('[{"__proto__": 5}]')), specs);
  expect(Object.keys(inputs)).toEqual(['__proto__']);
  expect(Object.entries(inputs)[0]?.[1].values).toEqual(new Float32Array([5]));
});
