/** @file Layers that pick, add, close and share. */
import { expect, test } from 'vitest';
import { FilterLayer } from '../../../src/model/masked/filter-layer.js';
import { MultitaskNormalization } from '../../../src/model/masked/multitask-normalization.js';
import { SelectorLayer } from '../../../src/model/masked/selector-layer.js';
import { SumLayer } from '../../../src/model/masked/sum-layer.js';
import { tf } from '../../../src/tf.js';
import { mann } from './fixtures.js';
import { near, numbers, savedAndLoaded, tensor, values } from './layers.js';

test('MultitaskNormalization gives MANN’s TensorFlow answer, not that of its PyTorch layer', () => {
  const { x, tf_y, pt_y } = mann.multitask_normalization;
  const shares = values(new MultitaskNormalization().apply(x.map((one) => tensor(one))));
  expect(near(shares, numbers(tf_y))).toBe(true);
  expect(near(shares, numbers(pt_y))).toBe(false);
});

test('MultitaskNormalization: 0/0 is 0 and its gradients are finite', () => {
  const layer = new MultitaskNormalization();
  const [a, b] = [tf.tensor([0, 1, 2]), tf.tensor([0, -1, 2])];
  expect(values(layer.apply([a, b]))).toEqual([0, 0, 0.5, 0, -0, 0.5]);
  const gradients = tf.grads((one: tf.Tensor, two: tf.Tensor) => {
    const [first] = [layer.apply([one, two])].flat() as tf.Tensor[]; // an eager call gives tensors
    return (first as tf.Tensor).sum();
  })([a, b]);
  expect(values(gradients).every(Number.isFinite)).toBe(true);
  expect(near(values(gradients), [0, 0, 1 / 8, 0, 0, -1 / 8])).toBe(true);
});

test('SelectorLayer gives the input of its index, and says when there is none', () => {
  const [a, b] = [tf.tensor([1]), tf.tensor([2])];
  expect(values(new SelectorLayer({ index: 1 }).apply([a, b]))).toEqual([2]);
  expect(() => new SelectorLayer({ index: 2, name: 'third' }).apply([a, b])).toThrow(
    expect.objectContaining({ code: 'WRONG_SHAPE', path: 'third', expected: 'at least 3 inputs, for index 2' }),
  );
  for (const index of [-1, 0.5, '0', undefined]) {
    expect(() => new SelectorLayer({ index, name: 'x' } as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'x.index' }),
    );
  }
});

test('SumLayer adds all inputs of one shape', () => {
  const [a, b] = [tf.tensor([1, 2]), tf.tensor([10, 20])];
  expect(values(new SumLayer().apply([a, b, b]))).toEqual([21, 42]);
  expect(values(new SumLayer().apply([a]))).toEqual([1, 2]);
  expect(() => new SumLayer({ name: 'sum' }).apply([a, tf.ones([3])])).toThrow(
    expect.objectContaining({ code: 'WRONG_SHAPE', path: 'sum' }),
  );
});

test('FilterLayer: zeros and no gradient while it is off, at the next call and in files', async () => {
  const x = tf.input({ shape: [2] });
  const filter = new FilterLayer({ name: 'filter' });
  const model = tf.model({ inputs: x, outputs: filter.apply(x) as tf.SymbolicTensor });
  const predicted = (of: tf.LayersModel) => values(of.predict(tensor([[1, Number.NaN]])));
  expect(predicted(model)).toEqual([1, Number.NaN]);
  filter.turnOff();
  expect(predicted(model)).toEqual([0, 0]);
  const gradient = tf.grad((one) => (filter.apply(one) as tf.Tensor).mul(one).sum())(tensor([[3, 4]]));
  expect(values([gradient])).toEqual([0, 0]);
  const loaded = await savedAndLoaded(model);
  expect(predicted(loaded)).toEqual([0, 0]);
  const again = loaded.getLayer('filter') as unknown as FilterLayer; // it is what was saved
  expect(again.isOn).toBe(false);
  again.turnOn();
  expect(predicted(loaded)).toEqual([1, Number.NaN]);
});

test('as in MANN’s own test: three filters over three tasks, the middle one off', () => {
  const x = tf.input({ shape: [2] });
  const outputs = [true, false, true].map((isOn) => new FilterLayer({ isOn }).apply(x) as tf.SymbolicTensor);
  const model = tf.model({ inputs: x, outputs });
  const [first, middle, last] = (model.predict(tensor([[3, 4]])) as tf.Tensor[]).map((one) => values([one]));
  expect(middle).toEqual([0, 0]);
  expect(first).toEqual(last);
});
