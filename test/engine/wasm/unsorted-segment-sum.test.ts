import { beforeAll, expect, test } from 'vitest';
import { onBackend } from '../../../src/engine/backend.js';
import { createEngine } from '../../../src/engine/select.js';
import { tf } from '../../../src/tf.js';

beforeAll(async () => {
  await createEngine('wasm');
});

test('wasm sums rows by segment and leaves out ids outside the segments', () => {
  const sums = (dtype: 'float32' | 'int32'): unknown =>
    onBackend('wasm', () =>
      tf.tidy(() => {
        const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 2], dtype);
        const result = tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, -1, 3], 'int32'), 3);
        return [result.dtype, result.arraySync()];
      }),
    );
  const expected = [
    [3, 4],
    [0, 0],
    [6, 8],
  ];
  expect(sums('float32')).toEqual(['float32', expected]);
  expect(sums('int32')).toEqual(['int32', expected]);
});
