/** @file Nested lists to one shape: dnn_cool's cases (its tests/test_collator.py), corners, and an independent reference. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { padded, paddingShape } from '../../../src/index.js';
import { refusal } from '../../flow/refusal.js';

/** An innermost tensor of ones. */
const t = (length: number): Float32Array => new Float32Array(length).fill(1);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

test.each<[string, unknown, readonly number[]]>([
  [
    'lists of numbers',
    [
      [1, 2, 3],
      [4, 5],
    ],
    [2, 3],
  ],
  ['lists of tensors', [[t(3)], [t(1), t(1)], [t(1)], [t(1)]], [4, 2, 3]],
  ['lists of lists of lists', times(3, () => [times(6, () => [t(5)]), times(1, () => [t(1)])]), [3, 2, 6, 1, 5]],
  ['tensors of several axes', [[{ data: t(6), shape: [2, 3] }], [{ data: t(4), shape: [4, 1] }]], [2, 1, 4, 3]],
  ['an empty list among others', [[], [1, 2]], [2, 2]],
  ['an empty list', [], [0]],
  ['empty lists', [[], []], [2, 0]],
  ['a number', 7, []],
])('the shape of %s', (_, nested, shape) => {
  expect(paddingShape(nested)).toEqual(shape);
});

test('each list is filled at its end, and the mask says with what', () => {
  const { data, shape, mask } = padded([[1, 2, 3], [], [true, 5]], { padding: -1 });
  expect([...data]).toEqual([1, 2, 3, -1, -1, -1, 1, 5, -1]);
  expect(shape).toEqual([3, 3]);
  expect([...mask]).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 0]);
  const wide = padded([[Float32Array.of(1, 2)], [{ data: Uint8Array.of(7), shape: [1] }]], { shape: [2, 2, 3] });
  expect([...wide.data]).toEqual([1, 2, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0]);
  expect([...wide.mask]).toEqual([1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  expect(padded([]).data.length).toBe(0);
});

/** A value by its indices, walked by itself. */
function at(nested: unknown, places: readonly number[]): number | null {
  let value: unknown = nested;
  for (const place of places) {
    if (!Array.isArray(value) || place >= value.length) return null;
    value = value[place];
  }
  return value as number;
}

test('every place holds what its indices lead to, or the padding', () => {
  const lists = fc.array(fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 4 }), { maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(lists, fc.integer({ min: -5, max: 5 }), (nested, padding) => {
      const [a, b, c] = [3, 3, 4];
      const { data, mask } = padded(nested, { shape: [a, b, c], padding });
      for (let place = 0; place < data.length; place++) {
        const value = at(nested, [Math.floor(place / (b * c)), Math.floor(place / c) % b, place % c]);
        expect([data[place], mask[place]]).toEqual(value === null ? [padding, 0] : [value, 1]);
      }
    }),
  );
});

test.each<[string, () => unknown, string, string, string]>([
  ['numbers at two depths', () => paddingShape([[1], 2]), 'WRONG_SHAPE', 'nested[1]', '1 levels'],
  ['a number beside an empty list', () => paddingShape([[], 2]), 'WRONG_SHAPE', 'nested', '2 levels'],
  ['a number', () => padded(7), 'WRONG_SHAPE', 'nested', '0 levels'],
  ['a longer list', () => padded([[1, 2, 3]], { shape: [1, 2] }), 'WRONG_SHAPE', 'nested[0]', 'a list of 3'],
  ['more lists', () => padded([[1], [2]], { shape: [1, 2] }), 'WRONG_SHAPE', 'nested', 'a list of 2'],
  ['too many levels', () => padded([[[1]]], { shape: [1, 2] }), 'INVALID_INPUT', 'nested[0][0]', '[1]'],
  ['NaN', () => padded([[1, Number.NaN]]), 'INVALID_INPUT', 'nested[0][1]', 'NaN'],
  ['null in place of a list', () => padded([[1], null]), 'WRONG_SHAPE', 'nested[1]', '1 levels'],
  ['too large a number', () => padded([1e300]), 'INVALID_INPUT', 'nested[0]', '1e+300'],
  ['a shape of no axis', () => padded([1], { shape: [] }), 'INVALID_OPTIONS', 'padded.shape', '[]'],
  ['an infinite padding', () => padded([1], { padding: Infinity }), 'INVALID_OPTIONS', 'padded.padding', 'Infinity'],
])('%s is refused', (_, run, code, path, received) => {
  const error = refusal(run);
  expect([error.code, error.path, error.received]).toEqual([code, path, received]);
});
