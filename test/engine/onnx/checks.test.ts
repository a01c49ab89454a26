/** @file Inputs that do not go together are refused where the operation is called, with the words of tfjs's cpu kernels. */
import { beforeAll, expect, test } from 'vitest';
import { registerOnnxBackend } from '../../../src/engine/onnx/lazy/register.js';
import { tf } from '../../../src/tf.js';

const cases: Readonly<Record<string, () => unknown>> = {
  add: () => tf.add(tf.ones([2, 3]), tf.ones([2, 4])),
  less: () => tf.less(tf.ones([2]), tf.ones([3])),
  logicalAnd: () => tf.logicalAnd(tf.ones([2], 'bool'), tf.ones([3], 'bool')),
  matMul: () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 4])),
  'matMul of transposed': () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 4]), true, true),
  'matMul of stacks': () => tf.matMul(tf.ones([2, 3, 4]), tf.ones([3, 4, 5])),
  'fused matMul': () => tf.fused.matMul({ a: tf.ones([2, 3]), b: tf.ones([2, 4]), activation: 'relu' }),
  concat: () => tf.concat([tf.ones([2, 3]), tf.ones([2, 4])], 0),
  stack: () => tf.stack([tf.ones([2]), tf.ones([3])]),
  'stack of types': () => tf.stack([tf.ones([2]), tf.ones([2], 'int32')]),
  expandDims: () => tf.expandDims(tf.ones([2]), -3),
  slice: () => tf.slice(tf.ones([2, 3]), [1, 1], [2, 2]),
  split: () => tf.split(tf.ones([2, 3]), [1, 1], 1),
  'gather by batch': () => tf.gather(tf.ones([2, 3]), tf.zeros([3, 1], 'int32'), 1, 1),
  gatherND: () => tf.gatherND(tf.ones([2, 3]), tf.zeros([1, 3], 'int32')),
  einsum: () => tf.einsum('ij,jk->ik', tf.ones([2, 3]), tf.ones([2, 4])),
};

beforeAll(async () => {
  registerOnnxBackend();
  await tf.setBackend('onnx');
});

function refusal(backend: string, f: () => unknown): string {
  void tf.setBackend(backend);
  try {
    tf.tidy(() => void f());
  } catch (error) {
    return String(error);
  } finally {
    void tf.setBackend('onnx');
  }
  return 'none';
}

test.each(Object.entries(cases))('%s', (_, f) => {
  const expected = refusal('cpu', f);
  expect(expected).not.toBe('none');
  expect(refusal('onnx', f)).toBe(expected);
});

test('maxPoolWithArgmax takes images in a batch, which the cpu kernel finds out by accident', () => {
  const image: tf.Tensor = tf.ones([3, 3, 1]);
  expect(() => tf.maxPoolWithArgmax(image as tf.Tensor4D, 2, 1, 'valid')).toThrow(
    'input must be rank 4 but got rank 3',
  );
});

test('NaN as on the cpu backend: found by max and min, passed over by argMax and argMin, without a sign', () => {
  const numbers = tf.tensor2d([3, Number.NaN, 5, -1, 7, 2], [2, 3]);
  expect([...tf.max(numbers, 1).dataSync()]).toEqual([Number.NaN, 7]);
  expect([...tf.min(numbers, 0).dataSync()]).toEqual([-1, Number.NaN, 2]);
  expect([...tf.argMax(numbers, 1).dataSync()]).toEqual([2, 1]);
  expect([...tf.argMin(numbers, 1).dataSync()]).toEqual([0, 0]);
  expect([...tf.sign(numbers).dataSync()]).toEqual([1, 0, 1, -1, 1, 1]);
});
