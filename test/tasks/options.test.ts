/** @file Options that no schema can check alone: each mistake says where it is and what was expected. */
import { expect, test } from 'vitest';
import {
  binary,
  boundedRegression,
  classification,
  multilabel,
  regression,
  sgd,
  tensor,
  vector,
} from '../../src/index.js';

test.each<[string, string, () => unknown]>([
  [
    'boundedRegression.max',
    'a number above min (5), by no more than float32 can hold',
    () => boundedRegression({ min: 5, max: 5 }),
  ],
  ['boundedRegression.max', 'a number above min (0)', () => boundedRegression({ min: 0, max: 1e39 })],
  ['boundedRegression.max', 'a number above min (0)', () => boundedRegression({ min: 0, max: 5e-324 })],
  ['boundedRegression.max', 'a number above min (5)', () => boundedRegression({ min: 5, max: 4 })],
  ['boundedRegression.delta', 'no delta, or the loss huber', () => boundedRegression({ min: 0, max: 1, delta: 1 })],
  ['regression.delta', 'no delta, or the loss huber', () => regression({ delta: 1 })],
  [
    'regression.standardise.deviation',
    'not this close to 0',
    () => regression({ standardise: { mean: 0, deviation: 5e-324 } }),
  ],
  ['classification.topK', 'at most 2, the number of classes', () => classification({ classes: ['a', 'b'], topK: 3 })],
  ['classification.classes', 'different names', () => classification({ classes: ['a', 'b', 'a'] })],
  ['classification.classes', 'classes that differ in what they say', () => classification({ classes: ['1', '1.0'] })],
  [
    'classification.classWeights',
    'one for each of the 2 classes',
    () => classification({ classes: ['a', 'b'], classWeights: [1] as never }),
  ],
  [
    'classification.classWeights',
    'one for each of the 2 classes',
    () => classification({ classes: ['a', 'b'], classWeights: 'x' as never }),
  ],
  [
    'classification.classWeights',
    'one for each of the 2 classes',
    () => classification({ classes: ['a', 'b'], classWeights: { a: -1 } }),
  ],
  ['multilabel.classes', 'different names', () => multilabel({ classes: ['a', 'a'] })],
  ['vector', '{ size } or { columns }', () => vector({} as never)],
  ['vector.size', 'no size where there are columns', () => vector({ size: 1, columns: ['a'] } as never)],
  ['vector.columns', 'different column names', () => vector({ columns: ['a', 'a'] })],
  ['tensor.axes', '2 of them, one for each axis', () => tensor({ shape: [2, 3], axes: ['a'] })],
  ['tensor.axes', '2 of them, one for each axis', () => tensor({ shape: [2, 3], axes: ['a', 'a'] })],
  ['tensor', 'a shape of at most 2147483647 numbers', () => tensor({ shape: [2 ** 16, 2 ** 15] })],
  ['sgd.momentum', 'a momentum above 0 when nesterov is on', () => sgd({ nesterov: true })],
  ['binary', 'a record of options', () => binary(3 as never)],
])('%s: %s', (path, expected, make) => {
  expect(make).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path, expected: expect.stringContaining(expected) }),
  );
});

test('at their edges they fit', () => {
  expect(() => tensor({ shape: [2 ** 31 - 1] })).not.toThrow();
  expect(() => classification({ classes: ['a', 'b'], topK: 2 })).not.toThrow();
  expect(() => boundedRegression({ min: 0, max: 3e38 })).not.toThrow();
  expect(() => boundedRegression({ min: 0, max: 1, loss: 'huber', delta: 1 })).not.toThrow();
  expect(() => sgd({ nesterov: true, momentum: 0.9 })).not.toThrow();
});
