import { expect, expectTypeOf, test } from 'vitest';
import type { ValueOf } from '../../src/flow/declaration.js';
import { binary } from '../../src/tasks/binary.js';
import { encode, errorOf } from './cell.js';
import { odds } from './view.js';

test('labels are true, false, 1 and 0; null, undefined and NaN are missing', () => {
  expect([true, 1, false, 0, null, undefined, Number.NaN].map((label) => encode(binary(), label)[0])).toEqual([
    1,
    1,
    0,
    0,
    null,
    null,
    null,
  ]);
});

test('texts are read as the numbers and booleans that they write', () => {
  expect(['true', 'FALSE', '1', '0', '1.0', ' true '].map((label) => encode(binary(), label)[0])).toEqual([
    1, 0, 1, 0, 1, 1,
  ]);
});

test.each([[-1], [2], [0.5], ['yes'], ['2'], [''], [1n], [[true]], [{}], [Number.POSITIVE_INFINITY]])(
  'the label %s is refused',
  (label) => {
    const error = errorOf(() => encode(binary(), label));
    expect(error.code).toBe('INVALID_LABEL');
    expect(error.path).toBe('rows[3].task');
  },
);

test('the message says what was given, what is expected and how to mend it', () => {
  expect(errorOf(() => encode(binary(), -1)).message).toBe(
    [
      'INVALID_LABEL at rows[3].task: A label of a binary task must be true, false, 1 or 0.',
      '  expected: true, false, 1, 0, or null where the label is missing',
      '  received: -1',
      '  Map your values to booleans first; if -1 marks a missing label, map it to null.',
    ].join('\n'),
  );
});

test('decodes strictly above the threshold', () => {
  const kind = binary({ threshold: 0.25 });
  expect(kind.thresholds).toMatchObject({ names: ['threshold'], initial: 0.25 });
  expect([...kind.decode(odds(0.25, 0.26, 1e-30), [0.25])]).toEqual([0, 1, 0]);
  expect([...kind.decode(odds(0.5, 1), [0.5])]).toEqual([0, 1]);
  expect(kind.value(Float64Array.of(0, 1), 1)).toBe(true);
  expect(kind.value(Float64Array.of(0, 1), 0)).toBe(false);
  expect(kind.probability(Float32Array.of(0.25, 0.75), 1)).toBe(0.75);
});

test('thresholds of another task are refused', () => {
  const error = errorOf(() => binary().decode(odds(0.5), [0.5, 0.5]));
  expect(error.code).toBe('THRESHOLD_COUNT');
  expect(error.expected).toBe('1 (threshold)');
});

test('equal tasks have equal options: defaults are left out', () => {
  expect(binary().options).toEqual({});
  const spelt = binary({ threshold: 0.5, positiveWeight: 1, labelSmoothing: 0, weight: 1 });
  expect(spelt.options).toEqual({});
  const all = { threshold: 0.3, positiveWeight: 2, labelSmoothing: 0.1, focal: { gamma: 2, alpha: 0.25 }, weight: 3 };
  expect(binary(all).options).toEqual(all);
  expect(binary(all).weight).toBe(3);
  expect(Object.isFrozen(binary(all).options)).toBe(true);
  expect(Object.isFrozen(binary(all))).toBe(true);
});

test('the loss key covers what the loss depends on, and nothing else', () => {
  const { lossKey } = binary();
  expect(binary({ threshold: 0.3, weight: 5 }).lossKey).toBe(lossKey);
  const others = [
    binary({ positiveWeight: 2 }),
    binary({ labelSmoothing: 0.1 }),
    binary({ focal: { gamma: 2 } }),
    binary({ focal: { gamma: 2, alpha: 0.5 } }),
  ].map((kind) => kind.lossKey);
  expect(new Set([lossKey, ...others]).size).toBe(5);
});

test.each([
  [{ threshold: 1.5 }, 'binary.threshold', '1.5'],
  [{ positiveWeight: 0 }, 'binary.positiveWeight', '0'],
  [{ labelSmoothing: 1 }, 'binary.labelSmoothing', '1'],
  [{ focal: { gamma: -1 } }, 'binary.focal.gamma', '-1'],
  [{ focal: { gamma: 1, alpha: 1 } }, 'binary.focal.alpha', '1'],
  [{ weight: Number.POSITIVE_INFINITY }, 'binary.weight', 'Infinity'],
  [{ weight: -1 }, 'binary.weight', '-1'],
])('the options %j are refused', (options, path, received) => {
  const error = errorOf(() => binary(options));
  expect(error.code).toBe('INVALID_OPTIONS');
  expect(error.path).toBe(path);
  expect(error.received).toBe(received);
});

test('an unknown option suggests the right one', () => {
  const misspelt = { positivWeight: 2 };
  const error = errorOf(() => binary(misspelt as object));
  expect(error.message).toBe(
    [
      'INVALID_OPTIONS at binary.positivWeight: binary has no option "positivWeight"',
      '  expected: some of: threshold, positiveWeight, labelSmoothing, focal, weight',
      '  received: "positivWeight"',
      '  did you mean "positiveWeight"?',
    ].join('\n'),
  );
});

test('as a condition it means: is true', () => {
  expect(binary().truth).toBe('isTrue');
  expect(binary().predicates.isTrue()).toEqual({ element: 0, oneOf: [1] });
});

test('its value is a boolean', () => {
  const kind = binary();
  expectTypeOf<ValueOf<typeof kind>>().toEqualTypeOf<boolean>();
});
