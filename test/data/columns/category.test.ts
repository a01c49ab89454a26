import fc from 'fast-check';
import { expect, test } from 'vitest';
import { category, columns, type Row } from '../../../src/index.js';
import { encoded, named, refusal, taught } from '../../support/columns.js';

const cells = (values: readonly unknown[]): Row[] => values.map((a) => ({ a }));
const placesIn = (rows: readonly (readonly number[])[]) => rows.map((row) => row.indexOf(1));

test('declared values have a place each; unknown and missing ones share one more', () => {
  const spec = columns({ a: category({ values: ['male', 'female'] }) });
  expect(named(spec, { a: 'female' })).toEqual({ 'a=male': 0, 'a=female': 1, 'a?': 0 });
  const odd = ['Male', ' male', '', '  ', 'other', null, Number.NaN, undefined, '__proto__', 7];
  expect(placesIn(encoded(spec, cells(['male', 'female', ...odd])))).toEqual([0, 1, ...odd.map(() => 2)]);
});

test('values are compared by what they say', () => {
  const numbers = columns({ a: category({ values: [1, 2, 3] }) });
  expect(placesIn(encoded(numbers, cells([1, '1', '1.0', ' 2 ', 3, '003', 4])))).toEqual([0, 0, 0, 1, 2, 3, 3]);
  const flags = columns({ a: category({ values: [true, 'false', '007'] }) });
  expect(placesIn(encoded(flags, cells(['TRUE', false, '007', 7, 1])))).toEqual([0, 1, 2, 3, 3]);
  const blank = columns({ a: category({ values: ['', ' '] }) });
  expect(placesIn(encoded(blank, cells(['', ' ', null])))).toEqual([0, 1, 2]);
});

test('two values that say the same, and none or both of values and most, are refused', () => {
  const refused = (options: unknown) => refusal(() => category(options as { most: number }));
  expect(refused({ values: ['1', 1] })).toMatchObject({ code: 'INVALID_OPTIONS', path: 'category.values' });
  expect(refused({})).toMatchObject({ code: 'INVALID_OPTIONS', path: 'category' });
  expect(refused({ values: ['a'], most: 2 })).toMatchObject({ code: 'INVALID_OPTIONS', path: 'category' });
  expect(refused({ values: [Number.NaN] })).toMatchObject({ code: 'INVALID_OPTIONS', path: 'category.values' });
});

test('the most frequent values are those of a count, ties by text; the rest, unknown and missing ones share the last', () => {
  const word = fc.constantFrom('b', 'a', '10', '9', 'B', '__proto__', 'constructor', '', ' ', 'é');
  fc.assert(
    fc.property(
      fc.array(fc.option(word), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      (seen, most) => {
        const spec = taught(columns({ a: category({ most }) }), cells(seen));
        const present = seen.filter((value) => value !== null);
        const distinct = [...new Set<string>(present)];
        const count = (value: string) => present.filter((other) => other === value).length;
        const expected = distinct.sort((a, b) => count(b) - count(a) || (a < b ? -1 : 1)).slice(0, most);
        const place = (value: string | null) =>
          value !== null && expected.includes(value) ? expected.indexOf(value) : most;
        expect(spec.shape).toEqual([most + 1]);
        expect(placesIn(encoded(spec, cells([...seen, 'new'])))).toEqual([...seen.map(place), most]);
      },
    ),
  );
});

test('10,000 categories of which 100 are kept: width, order and state', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
  // c100…c199 twice, all others once.
  const spec = taught(columns({ a: category({ most: 100 }) }), cells([...values, ...values.slice(100, 200)]));
  const kept = values.slice(100, 200).sort();
  expect(spec.encoder?.state).toEqual({
    rows: 10_100,
    columns: [{ missing: 0, unknown: 9_900, learnt: { values: kept } }],
  });
  expect(placesIn(encoded(spec, cells(['c100', kept[99], 'c7', 'new'])))).toEqual([0, 99, 100, 100]);
});

test('fewer values than places: what is left over is named by its number, and never 1', () => {
  const spec = taught(columns({ a: category({ most: 3 }) }), cells(['x', 'x', null]));
  expect(named(spec, { a: 'x' })).toEqual({ 'a=x': 1, 'a#2': 0, 'a#3': 0, 'a?': 0 });
  expect(named(columns({ a: category({ most: 2 }) }), { a: 'x' })).toEqual({ 'a#1': 0, 'a#2': 0, 'a?': 1 });
});

test('as an index, alone: one number, the last for unknown and missing ones; not as a part of a vector', () => {
  const port = category({ values: ['S', 'C'], as: 'index' });
  expect([port.shape, port.columns]).toEqual([[1], null]);
  expect(encoded(port, [{ x: 'C' }, { x: 'S' }, { x: 'Q' }, { x: null }])).toEqual([[1], [0], [2], [2]]);
  const learnt = taught(category({ most: 2, as: 'index' }), [{ x: 'b' }, { x: 'b' }, { x: 'a' }, { x: 'c' }]);
  expect(encoded(learnt, [{ x: 'a' }, { x: 'b' }, { x: 'c' }])).toEqual([[1], [0], [2]]);
  expect(refusal(() => columns({ port }))).toMatchObject({ code: 'INVALID_OPTIONS', path: 'columns.port' });
});

test.each([[['a']], [{ a: 1 }], [new Date(0)]])('%j is no category', (cell) => {
  const error = refusal(() => encoded(columns({ a: category({ most: 2 }) }), cells(['x', cell])));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: 'rows[1].a' });
});

test('a column that names rows is no category', () => {
  const rows = Array.from({ length: 2 ** 20 + 1 }, (_, i) => i);
  const error = refusal(() => taught(columns({ a: category({ most: 2 }) }), cells(rows)));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', path: 'inputs.x.a' });
});
