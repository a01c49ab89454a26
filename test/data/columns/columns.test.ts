import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesOf } from '../../../src/data/columns/readers.js';
import { encoderOf } from '../../../src/data/encoders/encoder.js';
import { createInputBinder } from '../../../src/data/inputs.js';
import { sourcePath } from '../../../src/data/row-path.js';
import type { InputSpec } from '../../../src/flow/graph.js';
import {
  boolean,
  category,
  columns,
  date,
  image,
  number,
  numbers,
  type Row,
  Table,
  vector,
} from '../../../src/index.js';
import { encoded, encodedPieces, named, notesOf, refusal, taught } from '../../support/columns.js';

const passenger = columns({
  age: number(),
  fare: number({ scale: 'quantiles' }),
  decks: number({ scale: 'none' }),
  sex: category({ values: ['male', 'female'] }),
  port: category({ most: 2 }),
  alone: boolean({ yes: ['y'], no: ['n'] }),
  boarded: date({ parts: ['year', 'weekday', 'time'] }),
  scores: numbers({ size: 2 }),
});

const value = fc.double({ min: -1000, max: 1000, noNaN: true });
const row = fc.record({
  age: fc.option(value),
  fare: fc.option(fc.integer({ min: 0, max: 5 })),
  decks: fc.option(fc.integer({ min: 0, max: 5 })),
  sex: fc.option(fc.constantFrom('male', 'female', 'other')),
  port: fc.option(fc.constantFrom('S', 'C', 'Q', '')),
  alone: fc.option(fc.constantFrom('y', 'n', true, 0)),
  boarded: fc.option(fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })),
  scores: fc.option(fc.tuple(value, value)),
});
const rows = fc.array(row, { minLength: 1, maxLength: 30 });
const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 8 });

test('learning and encoding pieces of any sizes is learning and encoding the whole, to the bit', () => {
  fc.assert(
    fc.property(rows, lengths, rows, (seen, cut, asked) => {
      const whole = taught(passenger, seen);
      const inPieces = taught(passenger, seen, cut);
      expect(inPieces.encoder).toEqual(whole.encoder);
      expect(encodedPieces(inPieces, asked, cut)).toEqual(encoded(whole, asked));
    }),
  );
});

test('each row becomes what it becomes alone: nothing of the rows beside it', () => {
  fc.assert(
    fc.property(rows, rows, (seen, asked) => {
      const spec = taught(passenger, seen);
      expect(encoded(spec, asked)).toEqual(asked.flatMap((one) => encoded(spec, [one])));
    }),
  );
});

test('a column may stand alone: the same numbers as in the vector, which has them in the order of the declaration', () => {
  const rows = [
    { a: 1, b: 'x' },
    { a: 5, b: 'y' },
    { a: null, b: null },
  ];
  const kinds = { b: category({ most: 2 }), a: number() };
  const both = encoded(taught(columns(kinds), rows), rows);
  const alone = (name: 'a' | 'b') => {
    const own = rows.map((row) => ({ x: row[name] }));
    return encoded(taught(kinds[name], own), own);
  };
  const [a, b] = [alone('a'), alone('b')];
  expect(both).toEqual(rows.map((_, i) => [...(b[i] ?? []), ...(a[i] ?? [])]));
});

test('the size and the names follow from the declaration, and a column may have any name', () => {
  expect(passenger.shape).toEqual([2 + 2 + 2 + 3 + 3 + 2 + 5 + 3]);
  expect(passenger.columns).toEqual(['age', 'fare', 'decks', 'sex', 'port', 'alone', 'boarded', 'scores']);
  const odd = columns({ ['__proto__']: number(), 'a b': boolean(), '': category({ values: ['__proto__'] }) });
  expect(placesOf('x', odd)).toEqual(['__proto__', '__proto__?', 'a b', 'a b?', '=__proto__', '?']);
  const cells = Object.fromEntries([
    ['__proto__', 3],
    ['a b', 1],
    ['', '__proto__'],
  ]);
  expect(encoded(odd, [cells])).toEqual([[3, 0, 1, 0, 1, 0]]);
  expect(named(taught(odd, [cells]), cells)).toMatchObject({ 'a b': 1, '=__proto__': 1 });
});

test('the declaration is frozen JSON', () => {
  const { kind, shape, scale, columnKinds, encoder } = columns({
    age: number({ scale: 'quantiles' }),
    at: date({ parts: ['year'] }),
  });
  expect(JSON.parse(JSON.stringify({ kind, shape, scale, columnKinds, encoder }))).toEqual({
    kind: 'columns',
    shape: [4],
    scale: 1,
    columnKinds: [
      { kind: 'number', options: { scale: 'quantiles' } },
      { kind: 'date', options: { parts: ['year'] } },
    ],
    encoder: { kind: 'columns', state: null },
  });
  for (const part of [passenger, passenger.shape, passenger.columns, passenger.columnKinds]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test.each<[string, unknown, string]>([
  ['no columns', {}, 'columns'],
  ['a list', [number()], 'columns'],
  ['a prototype', { __proto__: number() }, 'columns'],
  ['a function that was not called', { age: number }, 'columns.age'],
  ['a vector', { age: vector({ size: 2 }) }, 'columns.age'],
  ['an image', { age: image({ height: 1, width: 1, channels: 1 }) }, 'columns.age'],
  ['columns in columns', { age: columns({ a: number() }) }, 'columns.age'],
  ['a copy through JSON', { age: JSON.parse(JSON.stringify(number())) }, 'columns.age'],
])('%s is refused', (_, declared, path) => {
  const error = refusal(() => columns(declared as { age: ReturnType<typeof number> }));
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path });
});

test('columns that no declaration of this process has made are refused', () => {
  const copy: InputSpec = JSON.parse(JSON.stringify(passenger));
  expect(refusal(() => createInputBinder({ x: copy }))).toMatchObject({
    code: 'INVALID_FLOW',
    path: 'inputs.x.columnKinds',
  });
});

test('a column that is absent from a chunk is missing there; one that nobody has seen is an error', () => {
  const spec = taught(columns({ a: number(), b: number() }), [{ a: 1, b: 2 }]);
  const binder = createInputBinder({ x: spec });
  const bound = (rows: Row[]) => {
    const table = Table.fromRecords(rows);
    return Array.from(binder.bind(table, sourcePath(table.ids)).x?.values ?? []);
  };
  expect(refusal(() => bound([{ a: 1 }]))).toMatchObject({
    code: 'UNKNOWN_COLUMN',
    path: 'inputs.x',
    mend: expect.stringContaining('null'),
  });
  expect(bound([{ a: 1, b: 2 }])).toEqual([0, 0, 0, 0]);
  expect(bound([{ a: 1 }])).toEqual([0, 0, 0, 1]);
});

const nothing = Object.fromEntries((passenger.columns ?? []).map((name) => [name, null]));
const state = (columns: unknown, rows: unknown = 4): InputSpec =>
  ({ ...passenger, encoder: { kind: 'columns', state: { rows, columns } } }) as InputSpec;
const states = taught(passenger, [{ ...nothing, age: 1, boarded: '2020-01-01' }]).encoder?.state as unknown as {
  columns: { missing: number; unknown: number; learnt: unknown }[];
};
const withLearnt = (at: number, learnt: unknown): InputSpec =>
  state(states.columns.map((column, i) => (i === at ? { ...column, learnt } : column)));

test('the state that the next tests break is a good one', () => {
  expect(() => createInputBinder({ x: state(states.columns) })).not.toThrow();
});

test.each<[string, InputSpec, string]>([
  ['too few columns', state([]), 'inputs.x.encoder.state.columns'],
  ['no rows', state(states.columns, 0), 'inputs.x.encoder.state.rows'],
  [
    'more cells than rows',
    state(states.columns.map((c) => ({ ...c, missing: 9 }))),
    'inputs.x.encoder.state.columns[0]',
  ],
  ['a number without a median', withLearnt(0, { scale: 1 }), 'inputs.x.encoder.state.columns[0].learnt'],
  ['a negative scale', withLearnt(0, { median: 0, scale: -1 }), 'inputs.x.encoder.state.columns[0].learnt'],
  [
    'quantiles that fall',
    withLearnt(1, { quantiles: Array.from({ length: 101 }, (_, i) => -i) }),
    'inputs.x.encoder.state.columns[1].learnt',
  ],
  ['too few quantiles', withLearnt(1, { quantiles: [1, 2] }), 'inputs.x.encoder.state.columns[1].learnt'],
  ['no median', withLearnt(2, []), 'inputs.x.encoder.state.columns[2].learnt'],
  ['more values than places', withLearnt(4, { values: ['a', 'b', 'c'] }), 'inputs.x.encoder.state.columns[4].learnt'],
  ['a value twice', withLearnt(4, { values: ['a', 'a'] }), 'inputs.x.encoder.state.columns[4].learnt'],
  [
    'a date without years',
    withLearnt(6, { time: { median: 0, scale: 1 } }),
    'inputs.x.encoder.state.columns[6].learnt',
  ],
  ['too few arrays', withLearnt(7, []), 'inputs.x.encoder.state.columns[7].learnt'],
])('%s is no state that was learnt', (_, spec, path) => {
  expect(refusal(() => createInputBinder({ x: spec }))).toMatchObject({ code: 'INVALID_FLOW', path });
});

test('a state names no kind: it is read as one of columns', () => {
  expect(encoderOf(taught(passenger, [nothing]))?.kind).toBe('columns');
});

const some = (count: number, present: unknown, rest: unknown, all = 20) =>
  Array.from({ length: all }, (_, i) => ({ a: i < count ? present : rest }));

test('cells that are missing or unknown far more often than in the rows that were learnt of are noted', () => {
  const spec = taught(columns({ a: category({ values: ['x'] }) }), some(19, 'x', null));
  expect(notesOf(spec, some(19, 'x', null))).toEqual([]);
  expect(notesOf(spec, some(17, 'x', null))).toEqual([]); // 15 %, of 5 % before: by chance
  expect(notesOf(spec, some(0, 'x', null))).toEqual([
    'MISSING_VALUES inputs.x: There is no value in the column "a" of the input "x" in 100 % of these rows, and in 5 % of ' +
      'those that the model learnt of. What is missing is imputed: is the column read as it was?',
  ]);
  expect(notesOf(spec, some(17, 'x', 'X'))).toEqual([
    'UNKNOWN_VALUES inputs.x: The values in the column "a" of the input "x" are unknown in 15 % of these rows, and in 0 % of ' +
      'those that the model learnt of. All unknown values are one: are they written as they were?',
  ]);
  expect(notesOf(spec, some(18, 'x', 'X'))).toEqual([]); // a tenth
  expect(notesOf(spec, some(0, 'x', 'X', 9))).toEqual([]); // of nine rows nothing is said
});

test('the rare values of a learnt category are no surprise later', () => {
  const spec = taught(columns({ a: category({ most: 1 }) }), some(10, 'x', 'y'));
  expect(notesOf(spec, some(10, 'x', 'z'))).toEqual([]);
  expect(notesOf(spec, some(0, 'x', 'z'))).toEqual([
    expect.stringContaining('unknown in 100 % of these rows, and in 50 %'),
  ]);
});
