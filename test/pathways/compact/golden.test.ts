/** @file The dead-unit example of `sparana_spatial.md`, D1: folding is exact, with the layer's own activation. */
import { describe, expect, test } from 'vitest';
import { compact } from '../../../src/pathways/compact/compact.js';
import { tf } from '../../../src/tf.js';

const W1 = [
  [1, -0.5],
  [2, 0.25],
  [-0.75, 1.5],
];
const X = [
  [1, 2],
  [0, 1],
  [3, -1],
];

type Activation = 'relu' | 'sigmoid' | 'tanh';

function network(b0: readonly number[], activation: Activation = 'relu', useBias = true): tf.LayersModel {
  const model = tf.sequential({ name: 'tiny' });
  model.add(tf.layers.dense({ name: 'hidden', units: 3, activation, inputShape: [2] }));
  model.add(tf.layers.dense({ name: 'out', units: 2, useBias }));
  const W0 = [
    [0, -1, 0.5],
    [0, 0.25, -2],
  ];
  model.setWeights([
    tf.tensor2d(W0),
    tf.tensor1d([...b0]),
    tf.tensor2d(W1),
    ...(useBias ? [tf.tensor1d([0.1, -0.1])] : []),
  ]);
  return model;
}

const valuesOf = (model: tf.LayersModel): number[][] => model.getWeights().map((weight) => [...weight.dataSync()]);
const outputsOf = (model: tf.LayersModel): number[] => [...(model.predict(tf.tensor2d(X)) as tf.Tensor).dataSync()];

function near(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
}

describe('the unit without incoming weights', () => {
  test.each([
    ['b0 = .1', [0.1, 0.1, 0.1], [0.2, -0.15]],
    ['b0 = .7', [0.7, 0.1, 0.1], [0.8, -0.45]],
    ['b0 = -.7: a relu of it is zero', [-0.7, 0.1, 0.1], [0.1, -0.1]],
  ])('%s', (_, b0, b1) => {
    const model = network(b0);
    const before = outputsOf(model);
    const { model: small, report } = compact(model);
    const [w0 = [], own = [], w1 = [], out = []] = valuesOf(small);
    near(w0, [-1, 0.5, 0.25, -2]);
    near(own, [0.1, 0.1]);
    near(w1, [2, 0.25, -0.75, 1.5]);
    near(out, b1);
    near(outputsOf(small), before);
    expect(report.difference).toBeLessThan(1e-6);
    expect(report.kept).toEqual([]);
    expect(report).toMatchObject({
      units: { before: 5, after: 4 },
      parameters: { before: 17, after: 12 },
      bytes: { before: 68, after: 48 },
      multiplyAdds: { before: 12, after: 8 },
    });
    expect(outputsOf(model)).toEqual(before);
  });

  test('the outputs of the golden example', () => {
    near(outputsOf(compact(network([0.1, 0.1, 0.1])).model), [0.2, -0.15, 0.9, -0.0625, -2.5, 5.25]);
  });

  test('of a sigmoid is its sigmoid: sigmoid(0) = .5', () => {
    const { model } = compact(network([0, 0.1, 0.1], 'sigmoid'));
    near(valuesOf(model)[3] ?? [], [0.1 + 0.5, -0.1 - 0.25]);
  });

  test('gives a bias to a layer that had none', () => {
    const { model } = compact(network([0.7, 0.1, 0.1], 'relu', false));
    near(valuesOf(model)[3] ?? [], [0.7, -0.35]);
    expect(model.getLayer('out').getConfig().useBias).toBe(true);
  });
});

test('the unit without outgoing weights goes, and nothing else changes', () => {
  const model = network([0.1, 0.1, 0.1]);
  const [w0, b0, , b1] = model.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]; // two dense layers
  model.setWeights([
    w0.add(1),
    b0,
    tf.tensor2d([
      [1, -0.5],
      [0, 0],
      [-0.75, 1.5],
    ]),
    b1,
  ]);
  const { model: small } = compact(model);
  near(valuesOf(small)[2] ?? [], [1, -0.5, -0.75, 1.5]);
  near(valuesOf(small)[3] ?? [], [0.1, -0.1]);
});

test('the table', () => {
  const text = compact(network([0.7, 0.1, 0.1])).report.toString();
  expect(text.replace(/output: \S+/, 'output: (rounding)')).toBe(
    [
      'layer    units  parameters  multiply-adds',
      'hidden  3 -> 2      9 -> 6         6 -> 4',
      'out          2      8 -> 6         6 -> 4',
      'all     5 -> 4    17 -> 12        12 -> 8',
      'bytes: 68 -> 48; largest difference of an output: (rounding) of its scale',
    ].join('\n'),
  );
});
