import { expect, expectTypeOf, test } from 'vitest';
import type { ValueOf } from '../../src/flow/declaration.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { regression } from '../../src/tasks/regression.js';
import { encode, errorOf } from './cell.js';
import { odds } from './view.js';

const faceX = boundedRegression({ min: 0, max: 64 });

test('labels are finite numbers, kept in label units', () => {
  for (const kind of [regression(), faceX]) {
    expect([0, 12.5, 64, null, undefined, Number.NaN].map((label) => encode(kind, label)[0])).toEqual([
      0,
      12.5,
      64,
      null,
      null,
      null,
    ]);
  }
});

test('the text of a number is that number', () => {
  expect(['5', ' 1e1', '-0', '.5'].map((label) => encode(regression(), label)[0])).toEqual([5, 10, -0, 0.5]);
  expect(errorOf(() => encode(faceX, '65')).code).toBe('LABEL_OUT_OF_RANGE');
});

test.each([
  [Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY],
  [1e300],
  ['five'],
  ['007'],
  ['9007199254740993'],
  [true],
  [5n],
  [[1]],
])('the label %s is refused', (label) => {
  for (const kind of [regression(), faceX]) {
    const error = errorOf(() => encode(kind, label));
    expect([error.code, error.path]).toEqual(['INVALID_LABEL', 'rows[3].task']);
  }
});

test('a label out of bounds is refused by its own code', () => {
  expect(errorOf(() => encode(faceX, 64.01)).message).toBe(
    [
      'LABEL_OUT_OF_RANGE at rows[3].task: The label lies outside the bounds of its task.',
      '  expected: a number from 0 to 64, or null where the label is missing',
      '  received: 64.01',
      '  Widen min and max, or mend the label; if -1 marks a missing label, map it to null.',
    ].join('\n'),
  );
  expect(errorOf(() => encode(faceX, -1)).code).toBe('LABEL_OUT_OF_RANGE');
});

test('a bound that has come through float32 is still within bounds', () => {
  const kind = boundedRegression({ min: 0, max: 0.1 });
  expect(encode(kind, Math.fround(0.1))).toEqual([Math.fround(0.1)]);
});

test('targets are in loss units, predictions in label units', () => {
  const kind = boundedRegression({ min: 10, max: 50 });
  expect(kind.target).toEqual({ offset: 10, scale: 1 / 40 });
  expect([...kind.decode(odds(0, 0.25, 1), [])]).toEqual([10, 20, 50]);
  const age = regression({ standardise: { mean: 30, deviation: 4 } });
  expect(age.target).toEqual({ offset: 30, scale: 1 / 4 });
  expect([...age.decode(odds(-1, 0, 2.5), [])]).toEqual([26, 30, 40]);
  expect('target' in regression()).toBe(false);
  expect(age.value(Float64Array.of(1, 2), 1)).toBe(2);
});

test('both explain themselves by value, activation and logit', () => {
  const row = { logits: Float32Array.of(0.1), activated: Float32Array.of(0.525), decoded: Float64Array.of(33.6) };
  const text = 'x1 | decoded: 33.6000, activated: 0.5250, logits: 0.1000';
  expect(faceX.explain('x1', row)).toEqual({ text });
  expect(regression().explain('x1', row)).toEqual({ text });
});

test('equal tasks have equal options', () => {
  expect(regression().options).toEqual({});
  const plain = regression({ loss: 'squared', standardise: { mean: 0, deviation: 1 }, weight: 1 });
  expect(plain.options).toEqual({ standardise: false });
  expect(regression({ standardise: false }).options).toEqual({ standardise: false });
  expect(regression({ loss: 'huber', delta: 1 }).options).toEqual({ loss: 'huber', delta: 1 });
  const all = { loss: 'huber', delta: 2, standardise: { mean: 3, deviation: 4 }, weight: 5 } as const;
  expect(regression(all).options).toEqual(all);
  expect(boundedRegression({ min: 0, max: 64, loss: 'squared', weight: 1 }).options).toEqual({ min: 0, max: 64 });
  const huber = { min: -1, max: 1, loss: 'huber', delta: 0.5, weight: 2 } as const;
  expect(boundedRegression(huber).options).toEqual(huber);
});

test('tasks of other units share a loss key; another loss has another', () => {
  expect(boundedRegression({ min: 5, max: 9 }).lossKey).toBe(faceX.lossKey);
  expect(regression({ standardise: { mean: 3, deviation: 4 } }).lossKey).toBe(regression().lossKey);
  // equal shares of their ranges
  expect(boundedRegression({ min: 0, max: 10, loss: 'huber', delta: 1 }).lossKey).toBe(
    boundedRegression({ min: 0, max: 20, loss: 'huber', delta: 2 }).lossKey,
  );
  const keys = [
    faceX,
    regression(),
    regression({ loss: 'absolute' }),
    regression({ loss: 'huber' }),
    regression({ loss: 'huber', delta: 2 }),
    boundedRegression({ min: 0, max: 64, loss: 'huber' }),
  ].map((kind) => kind.lossKey);
  expect(new Set(keys).size).toBe(6);
});

test.each([
  [{ min: 1, max: 1 }, 'boundedRegression.max'],
  [{ min: 2, max: 1 }, 'boundedRegression.max'],
  [{ min: 0 }, 'boundedRegression.max'],
  [{ min: 0, max: Number.POSITIVE_INFINITY }, 'boundedRegression.max'],
  [{ min: 0, max: 1, delta: 0.5 }, 'boundedRegression.delta'],
  [{ min: 0, max: 1, loss: 'absolute' }, 'boundedRegression.loss'],
])('the bounded options %j are refused', (options, path) => {
  const error = errorOf(() => boundedRegression(options as { min: number; max: number }));
  expect([error.code, error.path]).toEqual(['INVALID_OPTIONS', path]);
});

test.each([
  [{ delta: 1 }, 'regression.delta'],
  [{ loss: 'huber', delta: 0 }, 'regression.delta'],
  [{ standardise: { mean: 0, deviation: 0 } }, 'regression.standardise.deviation'],
  [{ standardise: { mean: 0 } }, 'regression.standardise.deviation'],
])('the options %j are refused', (options, path) => {
  const error = errorOf(() => regression(options as object));
  expect([error.code, error.path]).toEqual(['INVALID_OPTIONS', path]);
});

test('conditions ask for open intervals, in label units', () => {
  expect(regression().predicates.above(10)).toEqual({ element: 0, above: 10 });
  expect(faceX.predicates.below(64)).toEqual({ element: 0, below: 64 });
  expect(faceX.predicates.between(1, 2)).toEqual({ element: 0, above: 1, below: 2 });
});

test('bounds that make no sense are refused', () => {
  expect(errorOf(() => faceX.predicates.above(65)).message).toBe(
    [
      'INVALID_PREDICATE at boundedRegression.above: The bound of above(…) cannot be used.',
      '  expected: a number from 0 to 64, in label units',
      '  received: 65',
      '  Outside the range of the task the answer would always be the same.',
    ].join('\n'),
  );
  expect(errorOf(() => regression().predicates.below(Number.NaN)).expected).toBe('a finite number');
  expect(errorOf(() => faceX.predicates.between(2, 2)).received).toBe('between(2, 2)');
});

test('their value is a number', () => {
  expectTypeOf<ValueOf<typeof faceX>>().toEqualTypeOf<number>();
});
