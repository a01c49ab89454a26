/** @file What parameters of the backbone are called, and what does not rename them. */
import { expect, test } from 'vitest';
import { HeadgateError } from '../../src/index.js';
import { givenName, snakeCase } from '../../src/model/layer-names.js';
import { apply, type Body, kernelsOf, namesOf, networkOf, tf } from '../support/networks.js';

const dense = (units = 3, name?: string) => tf.layers.dense(name === undefined ? { units } : { units, name });
const chain = (x: tf.SymbolicTensor, ...layers: tf.layers.Layer[]) => layers.reduce((at, layer) => apply(layer, at), x);

test('a user’s name names the parameters; the others are numbered by class', () => {
  const names = namesOf(['f'], (x) => ({ f: chain(x, dense(4, 'stem'), dense(), dense(3, 'neck'), dense()) }));
  expect(names).toEqual([
    'backbone/stem/kernel',
    'backbone/stem/bias',
    'backbone/dense.1/kernel',
    'backbone/dense.1/bias',
    'backbone/neck/kernel',
    'backbone/neck/bias',
    'backbone/dense.2/kernel',
    'backbone/dense.2/bias',
    'head/t_f/kernel',
    'head/t_f/bias',
  ]);
});

test('names do not depend on how many layers the process has made', () => {
  const body: Body = (x) => ({ f: chain(x, dense(), dense()) });
  expect(kernelsOf(body)).toEqual(kernelsOf(body));
});

test.each<[string, () => tf.layers.Layer]>([
  ['dropout', () => tf.layers.dropout({ rate: 0.1 })],
  ['batch normalisation', () => tf.layers.batchNormalization()],
  ['an activation', () => tf.layers.activation({ activation: 'relu' })],
  ['a named dense layer', () => dense(3, 'between')],
])('%s put between two layers renames neither', (_, extra) => {
  const plain = kernelsOf((x) => ({ f: chain(x, dense(), dense(), dense()) }));
  const more = kernelsOf((x) => ({ f: chain(x, dense(), extra(), dense(), dense()) }));
  expect(more.filter((name) => !name.startsWith('between'))).toEqual(plain);
});

test('layers put into one branch rename nothing in another, whatever the depths become', () => {
  const widths = (extra: number) =>
    Object.fromEntries(
      networkOf(['left', 'right'], (x) => ({
        left: chain(x, dense(5), ...Array.from({ length: extra }, () => tf.layers.dropout({ rate: 0.1 })), dense(6)),
        right: chain(x, dense(7), dense(8), dense(9)),
      })).store.parameters.map(({ name, shape }) => [name, shape.join()]),
    );
  expect(widths(4)).toEqual(widths(0));
  expect(widths(0)).toMatchObject({
    'backbone/dense.1/bias': '5',
    'backbone/dense.2/bias': '6',
    'backbone/dense.3/bias': '7',
  });
});

test('a feature that a task starts to read renames no other parameter', () => {
  const body: Body = (x) => ({ first: chain(x, dense(4)), second: chain(x, dense(5)) });
  expect(kernelsOf(body, ['second'])).toEqual(['dense.2/kernel']);
  expect(kernelsOf(body, ['first', 'second'])).toEqual(['dense.1/kernel', 'dense.2/kernel']);
});

test('nested models, wrappers and recurrent cells', () => {
  const names = kernelsOf(
    (x) => {
      const cells = [tf.layers.gruCell({ units: 3 }), tf.layers.lstmCell({ units: 2 })];
      const inner = tf.sequential({
        layers: [
          tf.layers.reshape({ targetShape: [3, 2], inputShape: [6] }),
          tf.layers.lstm({ units: 6, name: 'reader' }),
        ],
      });
      const forward = tf.layers.lstm({ units: 2, returnSequences: true }) as tf.RNN;
      const sequence = chain(
        x,
        inner,
        tf.layers.reshape({ targetShape: [3, 2] }),
        tf.layers.bidirectional({ layer: forward, mergeMode: 'concat', name: 'both' }),
        tf.layers.timeDistributed({ layer: dense(4) }),
        tf.layers.timeDistributed({ layer: dense(4, 'each') }),
        tf.layers.rnn({ cell: cells as never }),
      );
      return { f: sequence };
    },
    ['f'],
    6,
  );
  expect(names).toEqual([
    'sequential.1/reader/kernel',
    'sequential.1/reader/recurrent_kernel',
    'both/forward/kernel',
    'both/forward/recurrent_kernel',
    'both/backward/kernel',
    'both/backward/recurrent_kernel',
    'time_distributed.1/kernel',
    'time_distributed.2/each/kernel',
    'rnn.1/cell.1/kernel',
    'rnn.1/cell.1/recurrent_kernel',
    'rnn.1/cell.2/kernel',
    'rnn.1/cell.2/recurrent_kernel',
  ]);
});

test('a layer used by itself and inside a nested model is one, called after the outermost place', () => {
  const shared = tf.layers.dense({ units: 3, inputShape: [3] });
  const nested = tf.sequential({ layers: [shared, dense(3)] });
  expect(kernelsOf((x) => ({ f: apply(shared, apply(nested, x)) }))).toEqual([
    'dense.1/kernel',
    'sequential.1/dense.2/kernel',
  ]);
});

test('two parameters that would have one name are refused', () => {
  const inner = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [3], name: 'b' })], name: 'a' });
  const thrown = (() => {
    try {
      return namesOf(['f'], (x) => ({ f: chain(x, inner, dense(3, 'a/b')) }));
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toBeInstanceOf(HeadgateError);
  expect(thrown).toMatchObject({ code: 'DUPLICATE_PARAMETER', path: 'backbone/a/b/kernel' });
});

test('names that tfjs makes are told from those that a user gives', () => {
  const x = tf.input({ shape: [3] });
  const automatic = [
    dense(),
    tf.layers.conv2dTranspose({ filters: 1, kernelSize: 1 }),
    tf.layers.convLstm2d({ filters: 1, kernelSize: 1 }),
    tf.layers.leakyReLU(),
    tf.sequential(),
    tf.model({ inputs: x, outputs: apply(dense(), x) }),
  ];
  for (const layer of automatic) expect([layer.name, givenName(layer)]).toEqual([layer.name, null]);
  for (const name of ['dense', 'dense_1', 'block3', 'dense_Dense', 'conv_Conv2D1', '7']) {
    expect(givenName(dense(1, name))).toBe(name);
  }
  expect(givenName(tf.sequential({ name: 'encoder1' }))).toBe('encoder1');
});

test('class names as parts of a path', () => {
  expect(
    ['Dense', 'Conv2DTranspose', 'ConvLSTM2D', 'BatchNormalization', 'GRU', 'SpatialDropout1D'].map(snakeCase),
  ).toEqual(['dense', 'conv2d_transpose', 'conv_lstm2d', 'batch_normalization', 'gru', 'spatial_dropout1d']);
});
