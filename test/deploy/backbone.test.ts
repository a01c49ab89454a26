/** @file Weights go with layers: which changes of a backbone a saved model survives, and which are refused. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeadgateError, tf } from '../../src/index.js';
import { apply, type Body, networkOf, projectOf } from '../support/networks.js';
import { freshFolder } from './saved-model.js';

async function outcome(before: Body, after: Body, features: readonly string[] = ['f'], size = 3): Promise<unknown> {
  const folder = join(freshFolder(), 'model');
  const [saved, loaded] = [projectOf(features, before, size), projectOf(features, after, size)];
  await saved.save(folder);
  const thrown = await loaded.load(folder).then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown === null) {
    const rows = [{ x: Array.from({ length: size }, (_, i) => i / 2 - 0.6) }];
    const options = { engine: 'cpu', probabilities: true } as const;
    const mark = { neverTrained: true }; // it was saved before any fit
    const expected = (await saved.predict(rows, options)).map((row) => ({
      t_f: { ...Object(Reflect.get(row, 't_f')), ...mark },
    }));
    expect(await loaded.predict(rows, options)).toEqual(expected);
    return 'loads, and predicts the same';
  }
  if (!(thrown instanceof HeadgateError)) throw thrown;
  return [thrown.code, thrown.path, thrown.expected, thrown.received];
}

const same = 'loads, and predicts the same';
const chain = (x: tf.SymbolicTensor, ...layers: tf.layers.Layer[]) => layers.reduce((at, layer) => apply(layer, at), x);
const { dense } = tf.layers;
const plain: Body = (x) => ({
  f: chain(x, dense({ units: 3, activation: 'relu' }), dense({ units: 3, name: 'neck' })),
});

test.each<[string, Body, unknown]>([
  [
    'another activation',
    (x) => ({ f: chain(x, dense({ units: 3, activation: 'tanh' }), dense({ units: 3, name: 'neck' })) }),
    ['BACKBONE_MISMATCH', 'backbone/dense.1.activation', '"tanh"', '"relu"'],
  ],
  [
    'a layer without weights between',
    (x) => ({
      f: chain(x, dense({ units: 3, activation: 'relu' }), tf.layers.reLU(), dense({ units: 3, name: 'neck' })),
    }),
    ['BACKBONE_MISMATCH', 'backbone/re_lu.1', '"ReLU"', '"Dense"'],
  ],
  [
    'a layer less',
    (x) => ({ f: apply(dense({ units: 3, activation: 'relu' }), x) }),
    ['BACKBONE_MISMATCH', 'backbone/neck', '"no layer"', '"Dense"'],
  ],
  [
    'a layer more',
    (x) => ({
      f: chain(x, dense({ units: 3, activation: 'relu' }), dense({ units: 3, name: 'neck' }), tf.layers.softmax()),
    }),
    ['BACKBONE_MISMATCH', 'backbone/softmax.1', '"Softmax"', '"no layer"'],
  ],
  [
    'the same layers, joined otherwise',
    (x) => {
      apply(dense({ units: 3, activation: 'relu' }), x);
      const first = apply(dense({ units: 3, activation: 'relu' }), x);
      return { f: tf.layers.add().apply([first, apply(dense({ units: 3, name: 'neck' }), x)]) as tf.SymbolicTensor };
    },
    ['BACKBONE_MISMATCH', 'backbone/neck', '[[0,0]]', '[[1,0]]'],
  ],
])('%s is refused by name', async (_, after, expected) => {
  expect(await outcome(plain, after)).toEqual(expected);
});

test.each<[string, Body]>([
  [
    'dropout and noise',
    (x) => ({
      f: chain(
        x,
        dense({ units: 3, activation: 'relu' }),
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.gaussianNoise({ stddev: 1 }),
        dense({ units: 3, name: 'neck' }),
      ),
    }),
  ],
  [
    'initialisers, penalties and constraints',
    (x) => ({
      f: chain(
        x,
        dense({ units: 3, activation: 'relu', kernelInitializer: 'zeros', kernelRegularizer: 'l1l2' }),
        dense({ units: 3, name: 'neck', kernelConstraint: 'nonNeg', trainable: false }),
      ),
    }),
  ],
])('%s may change', async (_, after) => {
  expect(await outcome(plain, after)).toBe(same);
});

test('settings of other kinds of layers', async () => {
  const image = (x: tf.SymbolicTensor) => apply(tf.layers.reshape({ targetShape: [4, 4, 1] }), x);
  const convolution =
    (options: object, normal: object = {}): Body =>
    (x) => ({
      f: chain(
        image(x),
        tf.layers.conv2d({ filters: 2, kernelSize: 2, padding: 'same', ...options }),
        tf.layers.batchNormalization({ ...normal }),
        tf.layers.globalAveragePooling2d({}),
      ),
    });
  const of = (after: Body) => outcome(convolution({}), after, ['f'], 16);
  expect(await of(convolution({}))).toBe(same);
  expect(await of(convolution({}, { momentum: 0.5 }))).toBe(same); // of training alone
  expect(await of(convolution({ strides: 2 }))).toEqual([
    'BACKBONE_MISMATCH',
    'backbone/conv2d.1.strides',
    '[2,2]',
    '[1,1]',
  ]);
  expect(await of(convolution({}, { epsilon: 0.1 }))).toEqual([
    'BACKBONE_MISMATCH',
    'backbone/batch_normalization.1.epsilon',
    '0.1',
    '0.001',
  ]);
});

test('layers inside models and wrappers', async () => {
  const nested =
    (activation: 'relu' | 'tanh', options: object = {}): Body =>
    (x) => {
      const inner = tf.sequential({ layers: [dense({ units: 4, inputShape: [6], activation }), dense({ units: 6 })] });
      const sequence = apply(tf.layers.reshape({ targetShape: [3, 2] }), apply(inner, x));
      const forward = tf.layers.lstm({ units: 2, dropout: 0.5, ...options }) as tf.RNN;
      return { f: apply(tf.layers.bidirectional({ layer: forward, mergeMode: 'concat' }), sequence) };
    };
  const of = (after: Body) => outcome(nested('relu'), after, ['f'], 6);
  expect(await of(nested('relu', { dropout: 0.1, recurrentInitializer: 'zeros' }))).toBe(same);
  expect(await of(nested('tanh'))).toEqual([
    'BACKBONE_MISMATCH',
    'backbone/sequential.1/dense.1.activation',
    '"tanh"',
    '"relu"',
  ]);
  expect(await of(nested('relu', { activation: 'relu' }))).toEqual([
    'BACKBONE_MISMATCH',
    'backbone/bidirectional.1.activation',
    '"relu"',
    '"tanh"',
  ]);
});

test('what a layer inside a model reads, and noise inside one', async () => {
  const nested =
    (inside: (x: tf.SymbolicTensor) => tf.SymbolicTensor): Body =>
    (x) => {
      const inputs = tf.input({ shape: [3] });
      return { f: apply(tf.model({ inputs, outputs: inside(inputs) }), x) };
    };
  const a = () => dense({ units: 3, activation: 'relu', name: 'a' });
  const b = () => dense({ units: 3, name: 'b' });
  const sum = (first: tf.SymbolicTensor, second: tf.SymbolicTensor) => apply(tf.layers.add(), [first, second]);
  const before = nested((x) => {
    const first = apply(a(), x);
    return sum(first, apply(b(), first));
  });
  const of = (inside: (x: tf.SymbolicTensor) => tf.SymbolicTensor) => outcome(before, nested(inside));
  expect(
    await of((x) => {
      const first = apply(a(), x);
      return sum(first, chain(first, tf.layers.dropout({ rate: 0.5 }), b()));
    }),
  ).toBe(same);
  expect(await of((x) => sum(apply(a(), x), apply(b(), x)))).toEqual([
    'BACKBONE_MISMATCH',
    'backbone/model.1/b',
    '[[0,0]]',
    '[[1,0]]',
  ]);
  expect(
    await of((x) => {
      const first = apply(a(), x);
      return sum(first, chain(first, tf.layers.reLU(), b()));
    }),
  ).toMatchObject([
    'BACKBONE_MISMATCH',
    expect.stringMatching(/^backbone\/model\.1\b/),
    expect.any(String),
    expect.any(String),
  ]);
});

test('features that changed places', async () => {
  const body =
    (flip: boolean): Body =>
    (x) => {
      const [a, b] = [apply(dense({ units: 3, name: 'a' }), x), apply(dense({ units: 3, name: 'b' }), x)];
      return flip ? { left: b, right: a } : { left: a, right: b };
    };
  expect(await outcome(body(false), body(true), ['left', 'right'])).toEqual([
    'BACKBONE_MISMATCH',
    'backbone/b',
    '["backbone/b/kernel","backbone/b/bias"]',
    '["backbone/a/kernel","backbone/a/bias"]',
  ]);
});

test('a fingerprint is the same in every process, whatever was made before, and is plain JSON', () => {
  const of = (body: Body) => JSON.stringify(networkOf(['f'], body).fingerprint);
  expect(of(plain)).toBe(of(plain));
  expect(JSON.parse(of(plain))).toEqual(networkOf(['f'], plain).fingerprint);
  expect(JSON.parse(of(plain))).toEqual({
    uses: [
      { path: 'x', class: 'InputLayer', config: { input: 'x' }, reads: [], parameters: [], inner: [] },
      {
        path: 'dense.1',
        class: 'Dense',
        config: { activation: 'relu', units: 3, useBias: true },
        parameters: ['backbone/dense.1/kernel', 'backbone/dense.1/bias'],
        reads: [[0, 0]],
        inner: [],
      },
      {
        path: 'neck',
        class: 'Dense',
        config: { activation: 'linear', units: 3, useBias: true },
        parameters: ['backbone/neck/kernel', 'backbone/neck/bias'],
        reads: [[1, 0]],
        inner: [],
      },
    ],
    features: { f: [2, 0] },
  });
});

test('a shared layer is told from two equal ones', () => {
  const of = (shared: boolean) => {
    const [one, two] = [dense({ units: 3 }), dense({ units: 3 })];
    return networkOf(['f'], (x) => ({ f: chain(x, one, shared ? one : two) })).fingerprint.uses;
  };
  expect(of(true).map(({ parameters }) => parameters[0])).toEqual([
    undefined,
    'backbone/dense.1/kernel',
    'backbone/dense.1/kernel',
  ]);
  expect(of(false)[2]?.parameters).toEqual(['backbone/dense.2/kernel', 'backbone/dense.2/bias']);
});
