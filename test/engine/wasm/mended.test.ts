import { beforeAll, describe, expect, test } from 'vitest';
import { onBackend } from '../../../src/engine/backend.js';
import { createEngine } from '../../../src/engine/select.js';
import { tf } from '../../../src/tf.js';

beforeAll(async () => {
  await createEngine('wasm');
});

const onWasm = <T>(f: () => T): T => onBackend('wasm', f);
const valuesOf = (f: () => tf.Tensor): number[] => onWasm(() => tf.tidy(() => [...f().dataSync()]));

test('clipping keeps NaN and both infinities apart', () => {
  const values = [Number.NaN, Number.NEGATIVE_INFINITY, -2, 0.5, 3, Number.POSITIVE_INFINITY];
  expect(valuesOf(() => tf.clipByValue(values, -1, 1))).toEqual([Number.NaN, -1, -1, 0.5, 1, 1]);
});

test('whatever is not zero casts to true', () => {
  expect(valuesOf(() => tf.cast([0, -0, 256, 0.25, -3, Number.NaN], 'bool'))).toEqual([0, 0, 1, 1, 1, 1]);
  expect(valuesOf(() => tf.cast(tf.tensor1d([0, 256, -1], 'int32'), 'bool'))).toEqual([0, 1, 1]);
});

test('a product of integers is exact beyond float32', () => {
  const product = (): tf.Tensor =>
    tf.matMul(tf.tensor2d([16777217, 1], [2, 1], 'int32'), tf.tensor2d([1, 2], [2, 1], 'int32'), false, true);
  expect(valuesOf(product)).toEqual([16777217, 33554434, 1, 2]);
});

test('the right factor of a product may come back in another shape', () => {
  const products = (): tf.Tensor => {
    const data = tf.range(1, 7);
    const row = tf.matMul(tf.ones([1, 6]), data.reshape([6, 1])).reshape([1]);
    const outer = tf.matMul(tf.tensor2d([[2]]), data.reshape([1, 6])).reshape([6]);
    const fused = tf.fused.matMul({ a: tf.ones([1, 2]), b: data.reshape([2, 3]) }).reshape([3]);
    return tf.concat([row, outer, fused]);
  };
  expect(valuesOf(products)).toEqual([21, 2, 4, 6, 8, 10, 12, 5, 7, 9]);
});

describe('slices', () => {
  const x = (): tf.Tensor => tf.range(0, 24).reshape([2, 3, 4]);

  test.each([
    [
      [0, 0, 0],
      [2, 3, 4],
    ],
    [
      [1, 0, 0],
      [1, 3, 4],
    ],
    [
      [0, 1, 0],
      [2, 2, 4],
    ],
    [
      [0, 1, 2],
      [2, 2, 2],
    ],
    [
      [1, 2, 3],
      [1, 1, 1],
    ],
    [
      [0, 0, 1],
      [2, 3, 2],
    ],
    [
      [1, 1, 0],
      [1, 0, 4],
    ],
    [
      [0, 2, 0],
      [1, -1, -1],
    ],
  ])('begin %j size %j', (begin, size) => {
    const expected = onBackend('cpu', () => tf.tidy(() => x().slice(begin, size).arraySync()));
    expect(onWasm(() => tf.tidy(() => x().slice(begin, size).arraySync()))).toEqual(expected);
  });

  test('of other types and ranks', () => {
    expect(valuesOf(() => tf.tensor1d([1, 0, 1, 1], 'bool').slice([1], [2]))).toEqual([0, 1]);
    expect(valuesOf(() => tf.tensor1d([5, 6, 7], 'int32').slice([2], [1]))).toEqual([7]);
  });

  test('that reach outside are refused', () => {
    expect(() => valuesOf(() => x().slice([0, 2, 0], [2, 2, 4]))).toThrow(/begin\[1\] \+ size\[1\]/);
  });
});

test('a clone shares the values, and outlives the tensor it was made of', () => {
  onWasm(() => {
    const before = tf.memory().numDataBuffers;
    const x = tf.tensor1d([1, 2, 3]);
    const clone = x.clone();
    expect(tf.memory().numDataBuffers - before).toBe(1);
    x.dispose();
    expect([...clone.dataSync()]).toEqual([1, 2, 3]);
    clone.dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
  });
});
