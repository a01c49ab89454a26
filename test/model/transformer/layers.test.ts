/** @file The encoder's own layers, one by one: what they compute, refuse, write and read; the encoder's options. */
import { describe, expect, test } from 'vitest';
import { DotProductAttention } from '../../../src/model/masked/dot-product-attention.js';
import { rowMixing } from '../../../src/model/rows.js';
import { transformerEncoder } from '../../../src/model/transformer/encoder.js';
import { MaskedMean, maskedMean } from '../../../src/model/transformer/masked-mean.js';
import { MaskedPositions } from '../../../src/model/transformer/masked-positions.js';
import type { TransformerEncoderOptions } from '../../../src/model/transformer/options.js';
import { PositionEmbedding } from '../../../src/model/transformer/position-embedding.js';
import { TokenMask, tokenMask } from '../../../src/model/transformer/token-mask.js';
import { tf } from '../../../src/tf.js';
import { near, savedAndLoaded, tensor, values } from '../masked/layers.js';

const called = (layer: tf.layers.Layer, inputs: tf.Tensor | tf.Tensor[]) => layer.apply(inputs) as tf.Tensor; // eager, one tensor
const code = (name: string, path?: string) =>
  expect.objectContaining({ code: name, ...(path === undefined ? {} : { path }) });

test('TokenMask: 1 where the id is not the padding', () => {
  const ids = [
    [3, 0, 2],
    [0, 0, 7],
  ];
  const expected = (padding: number) => ids.flat().map((id) => Number(id !== padding));
  for (const padding of [0, 2]) {
    for (const given of [tensor(ids), tf.tensor(ids, undefined, 'int32')]) {
      const mask = called(new TokenMask({ padding }), given);
      expect([mask.dtype, mask.shape, values(mask)]).toEqual(['float32', [2, 3], expected(padding)]);
    }
  }
});

test('MaskedPositions: what is not there is gone, NaN and infinities too, and no gradient flows there', () => {
  const mask = tensor([[1, 0, 2]]);
  const x = tensor([
    [
      [1, 2],
      [Number.NaN, Number.POSITIVE_INFINITY],
      [3, 4],
    ],
  ]);
  expect(values(called(new MaskedPositions(), [x, mask]))).toEqual([1, 2, 0, 0, 3, 4]);
  expect(values(called(new MaskedPositions({ fill: 5 }), [tensor([[1, 2, 3]]), mask]))).toEqual([1, 5, 3]);
  const layer = new MaskedPositions();
  const slopes = tf.grad((given) => called(layer, [given, mask]).square().sum())(x);
  expect(values(slopes)).toEqual([2, 4, 0, 0, 6, 8]);
});

test('MaskedMean: of what is there alone; zeros of nothing', () => {
  const x = tensor([
    [
      [1, 2],
      [3, 4],
      [Number.NaN, 1e38],
    ],
    [
      [9, 9],
      [9, 9],
      [9, 9],
    ],
    [
      [1, 1],
      [5, 5],
      [6, 9],
    ],
  ]);
  const mask = tensor([
    [1, 1, 0],
    [0, 0, 0],
    [0, 1, 1],
  ]);
  const mean = called(new MaskedMean(), [x, mask]);
  expect([mean.shape, values(mean)]).toEqual([
    [3, 2],
    [2, 3, 0, 0, 5.5, 7],
  ]);
  const slopes = tf.grad((given) => called(new MaskedMean(), [given, mask]).sum())(x);
  expect(values(slopes)).toEqual([0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5]);
});

test('PositionEmbedding: a learned row for each position, the first ones of a shorter input', () => {
  const layer = new PositionEmbedding({ length: 3 });
  expect(called(layer, tf.zeros([2, 3, 2])).shape).toEqual([2, 3, 2]);
  layer.setWeights([
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  ]);
  expect(values(called(layer, tf.ones([2, 2, 2])))).toEqual([2, 3, 4, 5, 2, 3, 4, 5]);
  const wide = (shape: number[]) => () =>
    new PositionEmbedding({ length: 3, name: 'places' }).apply(tf.input({ shape }));
  expect(wide([4, 2])).toThrow(code('WRONG_SHAPE', 'places'));
  expect(wide([4])).toThrow(code('WRONG_SHAPE', 'places'));
});

describe('DotProductAttention in heads, with a mask', () => {
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  const [query, key, value] = [random([2, 3, 4], 1), random([2, 5, 4], 2), random([2, 5, 6], 3)] as const;
  const part = (x: tf.Tensor, head: number) =>
    x.slice([0, 0, (head * Number(x.shape[2])) / 2], [-1, -1, Number(x.shape[2]) / 2]);

  test('each head attends by itself', () => {
    const each = [0, 1].map((head) =>
      called(
        new DotProductAttention(),
        [query, key, value].map((x) => part(x, head)),
      ),
    );
    const together = called(new DotProductAttention({ heads: 2 }), [query, key, value]);
    expect(together.shape).toEqual([2, 3, 6]);
    expect(near(values(together), values(tf.concat(each, 2)))).toBe(true);
  });

  test.each([1, 2])(
    '%i heads: as if sources that are not there had been left out; zeros where there is none',
    (heads) => {
      const mask = tensor([
        [1, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
      ]);
      const kept = (x: tf.Tensor) => x.gather([0, 2], 1);
      const expected = called(new DotProductAttention({ heads }), [query, kept(key), kept(value)]);
      const masked = called(new DotProductAttention({ heads, attentionMask: true }), [query, key, value, mask]);
      expect(near(values(masked.slice(0, 1)), values(expected.slice(0, 1)))).toBe(true);
      expect(values(masked.slice(1, 1)).every((one) => one === 0)).toBe(true);
      // By target: the mask of all heads, said for each target.
      const byTarget = called(new DotProductAttention({ heads, attentionMask: true }), [
        ...[query, key, value],
        mask.expandDims(1).tile([1, 3, 1]),
      ]);
      expect(near(values(byTarget), values(masked))).toBe(true);
      const slopes = tf.grads((q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
        called(new DotProductAttention({ heads, attentionMask: true }), [q, k, v, mask])
          .square()
          .sum(),
      )([query, key, value]);
      for (const slope of slopes) {
        expect(values(slope).every(Number.isFinite)).toBe(true);
        expect(values(slope.slice(1, 1)).every((one) => one === 0)).toBe(true); // the row without any
      }
    },
  );

  test('what does not fit is refused', () => {
    const at =
      (config: object, ...shapes: number[][]) =>
      () =>
        new DotProductAttention({ name: 'attention', ...config }).apply(shapes.map((shape) => tf.input({ shape })));
    expect(at({ heads: 3 }, [3, 4], [3, 4], [3, 6])).toThrow(code('WRONG_SHAPE', 'attention'));
    expect(at({ attentionMask: true }, [3, 4], [3, 4], [3, 4])).toThrow(code('WRONG_SHAPE', 'attention'));
    expect(at({ attentionMask: true }, [3, 4], [5, 4], [5, 4], [3])).toThrow(code('WRONG_SHAPE', 'attention'));
    expect(() => new DotProductAttention({ heads: 0 })).toThrow(code('INVALID_OPTIONS'));
    expect(() => new DotProductAttention({ dropout: 1 })).toThrow(code('INVALID_OPTIONS'));
  });
});

const recipes: Readonly<Record<string, readonly [new (config: never) => tf.layers.Layer, object, ...number[][]]>> = {
  TokenMask: [TokenMask, { padding: 3 }, [4]],
  MaskedPositions: [MaskedPositions, { fill: 2 }, [4, 3], [4]],
  MaskedMean: [MaskedMean, {}, [4, 3], [4]],
  PositionEmbedding: [PositionEmbedding, { length: 6 }, [4, 3]],
  DotProductAttention: [
    DotProductAttention,
    { heads: 2, attentionMask: true, dropout: 0.5 },
    [3, 4],
    [5, 4],
    [5, 2],
    [5],
  ],
};

test.each(Object.entries(recipes))(
  '%s: written and read again, with name and options; rows are treated apart',
  async (name, [Own, options, ...shapes]) => {
    const layer = new Own({ ...options, name: 'mine', trainable: false } as never);
    const text = JSON.stringify(layer.getConfig());
    const [registered, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[name] ?? [];
    expect(registered).toBe(Own);
    const again = fromConfig?.(Own as never, JSON.parse(text)) as tf.layers.Layer; // a layer's class
    expect([again.name, again.trainable, JSON.stringify(again.getConfig())]).toEqual(['mine', false, text]);
    for (const [option, value] of Object.entries(options)) expect(again.getConfig()[option]).toBe(value);
    const inputs = shapes.map((shape) => tf.input({ shape }));
    const outputs = new Own(options as never).apply(inputs.length === 1 ? (inputs[0] as tf.SymbolicTensor) : inputs);
    const model = tf.model({ inputs, outputs: outputs as tf.SymbolicTensor }); // of symbolic inputs, one
    expect(rowMixing(model)).toEqual({ training: false, inference: false });
    const x = shapes.map((shape, i) => tf.randomNormal([2, ...shape], 0, 2, 'float32', i + 1).round());
    const predict = (one: tf.LayersModel) => values(one.predict(x.length === 1 ? (x[0] as tf.Tensor) : x));
    expect(predict(await savedAndLoaded(model))).toEqual(predict(model));
    expect(() => new Own({ ...options, nonsense: 1 } as never)).toThrow(code('INVALID_OPTIONS'));
  },
);

test('a whole encoder is a plain model of tfjs: saved and loaded, it predicts the same', async () => {
  const ids = tf.input({ shape: [5] });
  const mask = tokenMask().apply(ids);
  const tokens = transformerEncoder({ vocabulary: 9, width: 8, layers: 2, heads: 2 }).apply([ids, mask]);
  const model = tf.model({ inputs: ids, outputs: [tokens, maskedMean().apply([tokens, mask])] });
  const x = tensor([
    [1, 2, 8, 0, 0],
    [0, 0, 0, 0, 0],
  ]);
  const before = values(model.predict(x));
  expect(values((await savedAndLoaded(model)).predict(x))).toEqual(before);
  expect(before.some((one) => one !== 0) && before.every(Number.isFinite)).toBe(true);
});

test('an encoder that is applied twice has its weights once, also for shorter inputs', () => {
  const encoder = transformerEncoder({ vocabulary: 9, width: 8, layers: 1, heads: 2 });
  const inputs = [tf.input({ shape: [5] }), tf.input({ shape: [3] })] as const;
  const model = tf.model({ inputs: [...inputs], outputs: inputs.map((input) => encoder.apply(input)) });
  expect(model.countParams()).toBe(9 * 8 + 5 * 8 + 4 * (8 * 8 + 8) + (8 * 32 + 32 + 32 * 8 + 8) + 3 * 16);
  expect(() => encoder.apply(tf.input({ shape: [6] }))).toThrow(code('WRONG_SHAPE', 'encoder/positions'));
});

test('drawn as said: embeddings of length 1, or as large as sines; what is added smaller by √(2 × layers)', () => {
  const drawn = (positions: 'learned' | 'sinusoidal') => {
    const ids = tf.input({ shape: [64] });
    const encoder = transformerEncoder({ vocabulary: 500, width: 64, layers: 8, heads: 4, positions });
    const model = tf.model({ inputs: ids, outputs: encoder.apply(ids) });
    const deviation = (layer: string) => {
      const all = values([model.getLayer(`encoder/${layer}`).weights[0]?.read() as tf.Tensor]);
      return Math.sqrt(all.reduce((sum, one) => sum + one * one, 0) / all.length);
    };
    const names = [
      'tokens',
      ...(positions === 'learned' ? ['positions'] : []),
      'block1/attention/query',
      'block8/attention/output',
    ];
    return [...names, 'block3/feedForward/first', 'block3/feedForward/second'].map((name) => deviation(name));
  };
  const close = (received: readonly number[], expected: readonly number[]) =>
    expect(received.map((one, i) => Math.abs(one / Number(expected[i]) - 1) < 0.05)).toEqual(expected.map(() => true));
  const glorot = (a: number, b: number) => Math.sqrt(2 / (a + b));
  const kernels = [glorot(64, 64), glorot(64, 64) / 4, glorot(64, 256), glorot(64, 256) / 4];
  close(drawn('learned'), [1 / 8, 1 / 8, ...kernels]);
  close(drawn('sinusoidal'), [Math.SQRT1_2, ...kernels]);
});

const right = { vocabulary: 9, width: 8, layers: 1, heads: 2 } as const;

test.each<[string, Record<string, unknown>]>([
  ['heads', { heads: 3 }],
  ['heads', { heads: 0 }],
  ['width', { width: undefined }],
  ['layers', { layers: 0 }],
  ['vocabulary', { vocabulary: 1.5 }],
  ['vocabulary', { vocabulary: 2 ** 24 + 1 }],
  ['padding', { padding: 9 }],
  ['padding', { padding: 0, vocabulary: undefined }],
  ['dropout', { dropout: 1 }],
  ['positions', { positions: 'learnt' }],
  ['activation', { activation: 'tanh' }],
  ['feedForward', { feedForward: 0 }],
  ['length', { length: 0 }],
  ['name', { name: '' }],
  ['dModel', { dModel: 8 }],
])('transformerEncoder.%s: %j is refused', (option, wrong) => {
  const given = { ...right, ...wrong } as unknown as TransformerEncoderOptions; // wrong on purpose
  expect(() => transformerEncoder(given)).toThrow(code('INVALID_OPTIONS', `transformerEncoder.${option}`));
});

test('inputs that the encoder was not made for are refused, by its name', () => {
  const ids = transformerEncoder({ ...right, length: 5, name: 'text' });
  const { vocabulary: _, ...plain } = right;
  const vectors = transformerEncoder({ ...plain, positions: 'sinusoidal', length: 5, name: 'series' });
  const input = (...shape: number[]) => tf.input({ shape });
  for (const [encoder, name, given] of [
    [ids, 'text', input(5, 3)],
    [ids, 'text', input(6)],
    [ids, 'text', [input(5), input(4)]],
    [ids, 'text', [input(5), input(5, 1)]],
    [vectors, 'series', input(5, 3)],
    [vectors, 'series', [input(5), input(5)]],
    [vectors, 'series', [input(5, 3), input(3)]],
    [vectors, 'series', [input(6, 3), input(6)]],
  ] as const) {
    expect(() => encoder.apply(given)).toThrow(code('WRONG_SHAPE', name));
  }
  expect(() => maskedMean({ name: 'mean' }).apply([input(5), input(5)])).toThrow(code('WRONG_SHAPE', 'mean'));
  expect(vectors.apply([input(4, 3), input(4)]).shape).toEqual([null, 4, 8]);
});
