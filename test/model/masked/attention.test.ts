/** @file Attention and transformer layers, held to the formulas written out. */
import { expect, test } from 'vitest';
import { addLayerMasks, removeLayerMasks } from '../../../src/model/masked/convert-layers.js';
import { DotProductAttention } from '../../../src/model/masked/dot-product-attention.js';
import { maskModel } from '../../../src/model/masked/mask-model.js';
import { MaskedMultiHeadAttention } from '../../../src/model/masked/masked-multi-head-attention.js';
import { MaskedTransformerDecoderLayer } from '../../../src/model/masked/masked-transformer-decoder-layer.js';
import { MaskedTransformerEncoderLayer } from '../../../src/model/masked/masked-transformer-encoder-layer.js';
import { PositionalEncoding, positionalEncoding } from '../../../src/model/masked/positional-encoding.js';
import {
  buildTokenPositionEmbeddingBlock,
  buildTransformerBlock,
} from '../../../src/model/masked/transformer-blocks.js';
import { tf } from '../../../src/tf.js';
import { mann } from './fixtures.js';
import { near, numbers, savedAndLoaded, values } from './layers.js';

type Rows = readonly (readonly number[])[];
type Layer = tf.layers.Layer;

const product = (a: Rows, b: Rows): number[][] =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, x, k) => sum + x * Number(b[k]?.[j]), 0)));
const transposed = (a: Rows): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => Number(row[j])));
const added = (a: Rows, b: Rows): number[][] => a.map((row, i) => row.map((x, j) => x + Number(b[i]?.[j])));
const softmax = (scores: readonly number[]): number[] => {
  const all = scores.map(Math.exp);
  return all.map((one) => one / all.reduce((a, b) => a + b));
};

/** Of one head; `allowed[target][source]`. */
function attention(query: Rows, key: Rows, value: Rows, scale: number, allowed?: Rows): number[][] {
  const scores = product(query, transposed(key)).map((row, t) =>
    row.map((score, s) => (allowed === undefined || allowed[t]?.[s] === 1 ? score * scale : Number.NEGATIVE_INFINITY)),
  );
  return product(scores.map(softmax), value);
}

const rows = (tensor: tf.Tensor): number[][] => (tensor.arraySync() as number[][][])[0] ?? []; // of one batch row
const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Draws every weight, so that biases and norms count, too; masks keep about half. */
function drawn<Own extends Layer>(layer: Own, ...shapes: number[][]): Own {
  layer.build(shapes.length === 1 ? [null, ...(shapes[0] ?? [])] : shapes.map((shape) => [null, ...shape]));
  layer.setWeights(
    layer.weights.map((weight, i) => {
      const value = random(weight.shape.map(Number), i + 1);
      return weight.originalName.endsWith('_mask') ? value.step() : value.mul(0.5);
    }),
  );
  return layer;
}

/** An affine map of the layer, as it should compute: kernel and bias times their masks. */
function affine(layer: Layer, name: string, x: Rows): number[][] {
  const read = (last: string) => {
    const find = (own: string) => layer.weights.find((weight) => weight.originalName === own)?.read();
    const [weight, mask] = [find(last), find(`${last}_mask`)];
    if (weight === undefined || mask === undefined) throw new Error(`the layer has no ${last}`);
    return weight.mul(mask);
  };
  const bias = values([read(`${name}_bias`)]);
  return product(x, read(`${name}_kernel`).arraySync() as number[][]).map((row) =>
    row.map((one, j) => one + Number(bias[j])),
  );
}

function multiHead(layer: Layer, prefix: string, heads: number, query: Rows, memory: Rows, allowed?: Rows): number[][] {
  const [q, k, v] = [
    affine(layer, `${prefix}query`, query),
    affine(layer, `${prefix}key`, memory),
    affine(layer, `${prefix}value`, memory),
  ];
  const size = Number(q[0]?.length) / heads;
  const part = (x: Rows, head: number) => x.map((row) => row.slice(head * size, (head + 1) * size));
  const each = Array.from({ length: heads }, (_, head) =>
    attention(part(q, head), part(k, head), part(v, head), 1 / Math.sqrt(size), allowed),
  );
  const merged = query.map((_, t) => each.flatMap((head) => head[t] ?? []));
  return affine(layer, `${prefix}output`, merged);
}

function normalised(layer: Layer, name: string, x: Rows): number[][] {
  const read = (last: string) => values([layer.weights.find((one) => one.originalName === `${name}_${last}`)?.read()]);
  const [gamma, beta] = [read('gamma'), read('beta')];
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, one) => sum + (one - mean) ** 2, 0) / row.length;
    return row.map((one, j) => ((one - mean) / Math.sqrt(variance + 1e-5)) * Number(gamma[j]) + Number(beta[j]));
  });
}

const fed = (layer: Layer, x: Rows) =>
  affine(
    layer,
    'feed_forward_2',
    affine(layer, 'feed_forward_1', x).map((row) => row.map((one) => Math.max(one, 0))),
  );

const causal = (steps: number): number[][] =>
  Array.from({ length: steps }, (_, t) => Array.from({ length: steps }, (__, s) => Number(s <= t)));

const called = (layer: Layer, inputs: tf.Tensor | tf.Tensor[], training = false) =>
  layer.apply(inputs, { training }) as tf.Tensor; // an eager call gives one tensor

test('MaskedMultiHeadAttention: the formula, scaled by 1/√d of a head, causal or not', () => {
  const x = random([1, 4, 6], 9);
  for (const isCausal of [false, true]) {
    const layer = drawn(new MaskedMultiHeadAttention({ numHeads: 2, causal: isCausal }), [4, 6]);
    const expected = multiHead(layer, '', 2, rows(x), rows(x), isCausal ? causal(4) : undefined);
    expect(near(values(called(layer, x)), numbers(expected), 4)).toBe(true);
  }
});

test('MaskedMultiHeadAttention: memory, key and value by themselves, heads of any size', () => {
  const [query, memory] = [random([1, 3, 4], 8), random([1, 5, 7], 9)];
  const layer = drawn(new MaskedMultiHeadAttention({ numHeads: 3, keyDim: 2 }), [3, 4], [5, 7]);
  const expected = multiHead(layer, '', 3, rows(query), rows(memory));
  expect(near(values(called(layer, [query, memory])), numbers(expected), 4)).toBe(true);
  const apart = drawn(new MaskedMultiHeadAttention({ numHeads: 3, keyDim: 2 }), [3, 4], [5, 7], [5, 7]);
  expect(near(values(called(apart, [query, memory, memory])), numbers(expected), 4)).toBe(true);
  expect(called(layer, [query, memory]).shape).toEqual([1, 3, 4]);
});

test('the attention mask is honoured, where MANN accepts and ignores it; a target without sources gets zeros', () => {
  const x = random([1, 3, 4], 9);
  const layer = drawn(new MaskedMultiHeadAttention({ numHeads: 2, attentionMask: true }), [3, 4], [3, 3]);
  const allowed = [
    [1, 1, 0],
    [0, 1, 0],
    [1, 1, 1],
  ];
  const expected = numbers(multiHead(layer, '', 2, rows(x), rows(x), allowed));
  expect(near(values(called(layer, [x, tf.tensor3d([allowed])])), expected, 4)).toBe(true);
  const padded = numbers(
    multiHead(
      layer,
      '',
      2,
      rows(x),
      rows(x),
      [1, 2, 3].map(() => [1, 1, 0]),
    ),
  );
  expect(near(values(called(layer, [x, tf.tensor2d([[1, 1, 0]])])), padded, 4)).toBe(true);
  const none = values(called(layer, [x, tf.zeros([1, 3])]));
  const bias = affine(layer, 'output', [[0, 0, 0, 0]]);
  expect(near(none, numbers([...bias, ...bias, ...bias]), 6)).toBe(true);
});

test.each([false, true])('MaskedTransformerEncoderLayer: residuals and norms, normFirst %s', (normFirst) => {
  const x = random([1, 4, 6], 9);
  const layer = drawn(new MaskedTransformerEncoderLayer({ numHeads: 2, feedForwardSize: 5, normFirst }), [4, 6]);
  const own = rows(x);
  const attended = (given: Rows) => multiHead(layer, 'self_attention_', 2, given, given);
  const first = normFirst
    ? added(own, attended(normalised(layer, 'norm_1', own)))
    : normalised(layer, 'norm_1', added(own, attended(own)));
  const second = normFirst
    ? added(first, fed(layer, normalised(layer, 'norm_2', first)))
    : normalised(layer, 'norm_2', added(first, fed(layer, first)));
  expect(near(values(called(layer, x)), numbers(second), 4)).toBe(true);
});

test.each([false, true])(
  'MaskedTransformerDecoderLayer: three parts, each with its residual, normFirst %s',
  (normFirst) => {
    const [target, memory] = [random([1, 4, 6], 9), random([1, 3, 5], 10)];
    const layer = drawn(
      new MaskedTransformerDecoderLayer({ numHeads: 2, feedForwardSize: 5, normFirst, causal: true }),
      [4, 6],
      [3, 5],
    );
    const step = (x: Rows, name: string, part: (given: Rows) => number[][]) =>
      normFirst ? added(x, part(normalised(layer, name, x))) : normalised(layer, name, added(x, part(x)));
    const own = step(rows(target), 'norm_1', (x) => multiHead(layer, 'self_attention_', 2, x, x, causal(4)));
    const crossed = step(own, 'norm_2', (x) => multiHead(layer, 'cross_attention_', 2, x, rows(memory)));
    const expected = step(crossed, 'norm_3', (x) => fed(layer, x));
    expect(near(values(called(layer, [target, memory])), numbers(expected), 4)).toBe(true);
  },
);

test('dropout acts in training alone, where MANN’s acts always', () => {
  const x = random([1, 4, 6], 9);
  const layers = [
    drawn(new MaskedMultiHeadAttention({ numHeads: 2, dropout: 0.5 }), [4, 6]),
    drawn(new MaskedTransformerEncoderLayer({ numHeads: 2, feedForwardSize: 8, dropout: 0.5 }), [4, 6]),
    new PositionalEncoding({ dropout: 0.5 }),
  ];
  for (const layer of layers) {
    expect(values(called(layer, x))).toEqual(values(called(layer, x)));
    expect(values(called(layer, x, true))).not.toEqual(values(called(layer, x)));
  }
});

test('gradients under the masks are exactly 0, and every other weight has one', () => {
  const layer = drawn(new MaskedTransformerEncoderLayer({ numHeads: 2, feedForwardSize: 8, dropout: 0 }), [4, 6]);
  const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable); // tfjs keeps a variable in each
  const target = random([1, 4, 6], 11);
  const loss = () =>
    called(layer, random([1, 4, 6], 9))
      .mul(target)
      .sum() as tf.Scalar;
  const { grads } = tf.variableGrads(loss, variables);
  expect(layer.maskedWeights).toHaveLength(12);
  for (const { name, weight, mask } of layer.maskedWeights) {
    const gradient = values([grads[(weight.read() as tf.Variable).name]]); // as above
    const kept = values([mask.read()]);
    expect(
      gradient.every((one, i) => kept[i] === 1 || one === 0),
      name,
    ).toBe(true);
    const isDeaf = name === 'self_attention_key_bias'; // it moves all of a target's scores alike
    if (!isDeaf)
      expect(
        gradient.some((one) => one !== 0),
        name,
      ).toBe(true);
  }
});

test('positional encoding is MANN’s', () => {
  expect(near([...positionalEncoding(3, 4)], numbers(mann.positional_encoding_d4_len3))).toBe(true);
  const odd = [...positionalEncoding(2, 3)].slice(3);
  expect(near(odd, [Math.sin(1), Math.cos(1), Math.sin(1 / 10_000 ** (2 / 3))])).toBe(true);
  const encoded = called(new PositionalEncoding(), tf.ones([2, 3, 4]));
  expect(
    near(
      values(encoded).slice(12),
      numbers(mann.positional_encoding_d4_len3).map((one) => one + 1),
    ),
  ).toBe(true);
});

test('buildTransformerBlock has MANN’s shape and size, keys and values in their places', async () => {
  const { args, output_shape, params } = mann.transformer_block;
  const [inputShape, embedDim, numHeads, neurons] = args;
  const block = buildTransformerBlock({ inputShape, embedDim, numHeads, neurons });
  expect(block.outputShape).toEqual(output_shape);
  expect(block.countParams()).toBe(params);
  const masked = addLayerMasks(block);
  maskModel(masked, { sparsity: 0.5, method: 'magnitude', exclusive: false });
  const x = random([2, 6, 8], 1);
  expect(values(removeLayerMasks(masked).predict(x))).toEqual(values(masked.predict(x)));
  expect(values((await savedAndLoaded(block)).predict(x))).toEqual(values(block.predict(x)));
  const [query, key, value] = [
    [
      [1, 0],
      [0, 2],
    ],
    [
      [1, 1],
      [2, 0],
      [0, 1],
    ],
    [[1], [10], [100]],
  ];
  for (const scaled of [true, false]) {
    const scale = scaled ? Math.SQRT1_2 : 1;
    const inputs = [query, key, value].map((one) => tf.tensor3d([one as number[][]]));
    const attended = called(new DotProductAttention({ scaled }), inputs);
    expect(near(values(attended), numbers(attention(query as Rows, key as Rows, value as Rows, scale)), 4)).toBe(true);
  }
});

test('buildTokenPositionEmbeddingBlock adds both embeddings', () => {
  const block = buildTokenPositionEmbeddingBlock({ sequenceLength: 3, vocabularySize: 5, embedDim: 2 });
  expect(block.outputShape).toEqual([null, 3, 2]);
  const [tokens, positions] = block.getWeights();
  const sum = block.predict([tf.tensor2d([[4, 0, 4]]), tf.tensor2d([[0, 1, 2]])]);
  const expected = tf.gather(tokens as tf.Tensor, [4, 0, 4]).add(positions as tf.Tensor); // it has two embeddings
  expect(near(values(sum), values(expected))).toBe(true);
});

test('attention without masks: removeLayerMasks keeps the layer and its outputs, addLayerMasks gives masks back', () => {
  const x = tf.input({ shape: [4, 6] });
  const layer = new MaskedTransformerEncoderLayer({ numHeads: 2, feedForwardSize: 8, name: 'encoder' });
  const model = tf.model({ inputs: x, outputs: layer.apply(x) as tf.SymbolicTensor }); // of a symbolic input
  maskModel(model, { sparsity: 0.5, method: 'magnitude' });
  const plain = removeLayerMasks(model);
  const row = random([2, 4, 6], 1);
  expect(values(plain.predict(row))).toEqual(values(model.predict(row)));
  expect(plain.weights.filter((weight) => weight.originalName.endsWith('_mask'))).toEqual([]);
  expect(addLayerMasks(plain).weights).toHaveLength(model.weights.length);
  expect(plain.getLayer('encoder').getConfig()).toMatchObject({ masked: false, numHeads: 2, activation: 'relu' });
});

test('what does not fit is refused by name', () => {
  const attention = () => new MaskedMultiHeadAttention({ numHeads: 4, name: 'own' });
  expect(() => attention().build([null, 3, 6])).toThrow(expect.objectContaining({ code: 'WRONG_SHAPE', path: 'own' }));
  expect(() => attention().build([null, 8])).toThrow(expect.objectContaining({ code: 'WRONG_SHAPE', path: 'own' }));
  const encoder = new MaskedTransformerEncoderLayer({ numHeads: 4, name: 'encoder' });
  expect(() => encoder.build([null, 3, 6])).toThrow(expect.objectContaining({ code: 'WRONG_SHAPE', path: 'encoder' }));
  const decoder = new MaskedTransformerDecoderLayer({ numHeads: 2, name: 'decoder' });
  expect(() => decoder.build([null, 3, 6])).toThrow(
    expect.objectContaining({ code: 'WRONG_SHAPE', path: 'decoder', received: 'the target alone' }),
  );
  expect(() => new MaskedMultiHeadAttention({ numHeads: 0, name: 'own' })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'own.numHeads' }),
  );
  expect(() => new MaskedMultiHeadAttention({ numHeads: 2, dropot: 0.1, name: 'own' } as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'own.dropot', suggestion: 'dropout' }),
  );
  expect(() => buildTransformerBlock({ inputShape: [6, 8], embedDim: 8, numHeads: 2 } as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'buildTransformerBlock.neurons' }),
  );
});
