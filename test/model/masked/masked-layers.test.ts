/** @file Layers that multiply their weights by masks: what they compute, how they train, how masks are set. */
import { expect, test } from 'vitest';
import { HeadgateError } from '../../../src/errors.js';
import { MaskedConv1D } from '../../../src/model/masked/masked-conv1d.js';
import { MaskedConv2D } from '../../../src/model/masked/masked-conv2d.js';
import { MaskedConv2DTranspose } from '../../../src/model/masked/masked-conv2d-transpose.js';
import { MaskedConv3D } from '../../../src/model/masked/masked-conv3d.js';
import { MaskedDense } from '../../../src/model/masked/masked-dense.js';
import { MaskedDepthwiseConv2D } from '../../../src/model/masked/masked-depthwise-conv2d.js';
import type { MaskedLayer } from '../../../src/model/masked/masked-layer.js';
import { tf } from '../../../src/tf.js';
import { mann } from './fixtures.js';
import { near, numbers, tensor, values } from './layers.js';

/** The stored values, as `setWeights` takes them. */
function withValues<Layer extends MaskedLayer>(layer: Layer, shape: tf.Shape, weights: readonly tf.Tensor[]): Layer {
  layer.build(shape);
  layer.setWeights([...weights, ...layer.getWeights().slice(weights.length)]);
  return layer;
}

const names = (layer: tf.layers.Layer) => layer.weights.map((weight) => weight.originalName);

test('MaskedDense computes what MANN’s does, from the same masks', () => {
  const { x, kernel, bias, kernel_mask, bias_mask, y, kernel_after_set_masks } = mann.masked_dense;
  const layer = withValues(
    new MaskedDense({ units: 4, activation: 'relu' }),
    [null, 3],
    [tensor(kernel), tensor(bias)],
  );
  expect(names(layer)).toEqual(['kernel', 'bias', 'kernel_mask', 'bias_mask']);
  layer.setMasks([tensor(kernel_mask), bias_mask]);
  expect(near(values(layer.apply(tensor(x))), numbers(y))).toBe(true);
  const [stored, , mask] = layer.getWeights();
  expect(near(values([stored]), numbers(kernel_after_set_masks), 7)).toBe(true);
  expect(values([mask])).toEqual(numbers(kernel_mask));
});

test.each(['same', 'valid'] as const)('MaskedConv2D computes what MANN’s does, padding %s', (padding) => {
  const { x, kernel, bias, kernel_mask, bias_mask, y } = mann.masked_conv2d;
  for (const strides of [1, 2] as const) {
    const layer = new MaskedConv2D({ filters: 2, padding, strides });
    withValues(layer, [null, 4, 4, 2], [tensor(kernel), tensor(bias)]);
    layer.setMasks([kernel_mask as tf.TensorLike, bias_mask]); // nested arrays, read only
    expect(near(values(layer.apply(tensor(x))), numbers(y[`${padding}_s${strides}`])), `stride ${strides}`).toBe(true);
  }
});

type AnyMasked = () => MaskedLayer;
const all: readonly (readonly [string, AnyMasked, number[], number[]])[] = [
  ['MaskedDense', () => new MaskedDense({ units: 3 }), [2, 4], [4, 3]],
  ['MaskedDense, rank 3', () => new MaskedDense({ units: 3, activation: 'tanh' }), [2, 5, 4], [4, 3]],
  ['MaskedConv1D', () => new MaskedConv1D({ filters: 2 }), [2, 5, 3], [3, 3, 2]],
  ['MaskedConv2D', () => new MaskedConv2D({ filters: 2, dilationRate: 1 }), [2, 4, 4, 3], [3, 3, 3, 2]],
  ['MaskedConv3D', () => new MaskedConv3D({ filters: 2, kernelSize: 2 }), [2, 3, 3, 3, 2], [2, 2, 2, 2, 2]],
  ['MaskedConv2DTranspose', () => new MaskedConv2DTranspose({ filters: 2, strides: 2 }), [2, 3, 3, 3], [3, 3, 2, 3]],
  ['MaskedDepthwiseConv2D', () => new MaskedDepthwiseConv2D({ depthMultiplier: 2 }), [2, 4, 4, 3], [3, 3, 3, 2]],
];

/** Every second entry. */
const halfMasks = (layer: MaskedLayer): tf.Tensor[] =>
  layer.maskedWeights.map(({ weight }) =>
    tf.range(0, weight.read().size).mod(tf.scalar(2)).reshape(weight.read().shape),
  );

test.each(all)(
  '%s: MANN’s defaults, the kernel’s shape, masks of ones that change nothing',
  (_, make, shape, kernel) => {
    const layer = make();
    layer.build([null, ...shape.slice(1)]);
    expect(layer.maskedWeights.map(({ weight }) => weight.shape)[0]).toEqual(kernel);
    expect(layer.trainableWeights).toHaveLength(2);
    expect(
      layer.nonTrainableWeights.map((weight) => [weight.dtype, values([weight.read()]).every((one) => one === 1)]),
    ).toEqual([
      ['float32', true],
      ['float32', true],
    ]);
    const initialiser = layer.getConfig().kernelInitializer ?? layer.getConfig().depthwiseInitializer;
    expect(initialiser).toMatchObject({ className: 'RandomNormal', config: { mean: 0, stddev: 0.05 } });
    if ('filters' in layer) expect(layer.getConfig()).toMatchObject({ padding: 'same' });
  },
);

test.each(all)(
  '%s: gradients of masked entries are exactly 0, and five steps of Adam keep them at 0',
  (_, make, shape) => {
    const layer = make();
    layer.build([null, ...shape.slice(1)]);
    const masks = halfMasks(layer);
    layer.setMasks(masks);
    const x = tf.randomNormal(shape, 0, 1, 'float32', 1);
    const loss = () => (layer.apply(x) as tf.Tensor).sub(1).square().sum() as tf.Scalar; // an eager call gives one tensor
    const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable); // tfjs keeps a variable in each
    const { grads } = tf.variableGrads(loss, variables);
    for (const [i, variable] of variables.entries()) {
      const [gradient, mask] = [values([grads[variable.name]]), values([masks[i]])];
      expect(gradient.filter((_, j) => mask[j] === 0).every((one) => one === 0)).toBe(true);
      expect(gradient.some((_, j) => mask[j] === 1 && gradient[j] !== 0)).toBe(true);
    }
    const optimizer = tf.train.adam(0.1);
    for (let i = 0; i < 5; i++) optimizer.minimize(loss, false, variables);
    for (const [i, variable] of variables.entries()) {
      const mask = values([masks[i]]);
      const stored = values([variable]);
      expect(stored.filter((_, j) => mask[j] === 0).every((one) => one === 0)).toBe(true);
      expect(stored.some((one) => one !== 0)).toBe(true);
    }
  },
);

test('regularisers see what the layer computes with, constraints hold, options of tfjs reach it', () => {
  const layer = new MaskedDense({
    units: 1,
    useBias: false,
    kernelRegularizer: tf.regularizers.l2({ l2: 1 }),
    kernelConstraint: tf.constraints.nonNeg(),
  });
  withValues(layer, [null, 3], [tensor([[1], [2], [3]])]);
  layer.setMasks([[[1], [0], [1]]]);
  layer.setWeights([tensor([[1], [5], [3]]), ...layer.getWeights().slice(1)]); // as stale moments might leave it
  expect(values(layer.calculateLosses())).toEqual([10]);
  expect(values(layer.apply(tensor([[1, 1, 1]])))).toEqual([4]);
  layer.setWeights([tensor([[-1], [0], [3]]), ...layer.getWeights().slice(1)]);
  expect(values([layer.getWeights()[0]])).toEqual([0, 0, 3]);
});

test('setMasks replaces: what a larger mask opens again begins at 0', () => {
  const layer = withValues(new MaskedDense({ units: 1 }), [null, 3], [tensor([[1], [2], [3]]), tensor([4])]);
  layer.setMasks([Uint8Array.of(0, 1, 0), [1]]);
  layer.setMasks([[[1], [1], [0]], [1]]);
  expect(values(layer.getWeights())).toEqual([0, 2, 0, 4, 1, 1, 0, 1]);
});

test('bias-less layers lose nothing: kernel and kernel_mask, and one mask to set', () => {
  const layer = withValues(new MaskedDense({ units: 1, useBias: false }), [null, 2], [tensor([[1], [2]])]);
  expect(names(layer)).toEqual(['kernel', 'kernel_mask']);
  layer.setMasks([[[0], [1]]]);
  expect(values(layer.apply(tensor([[1, 1]])))).toEqual([2]);
});

const built = () => withValues(new MaskedDense({ units: 2, name: 'stem' }), [null, 2], []);

test.each<readonly [string, MaskedLayer, unknown, object]>([
  [
    'a layer that is not built',
    new MaskedDense({ units: 2, name: 'stem' }),
    [[1], [1]],
    { path: 'stem', expected: 'a layer that is built', received: '2 masks' },
  ],
  [
    'another number of masks',
    built(),
    [tf.ones([2, 2])],
    { path: 'stem', expected: 'a mask for each of: kernel, bias' },
  ],
  [
    'another shape',
    built(),
    [tf.ones([2, 2]), tf.ones([3])],
    { path: 'stem.bias_mask', expected: '[2]', received: '[3]' },
  ],
  ['a typed array of another length', built(), [Uint8Array.of(1, 1, 1), [1, 1]], { received: '[3]' }],
  [
    'values between 0 and 1',
    built(),
    [tf.ones([2, 2]), [1, 0.5]],
    { path: 'stem.bias_mask', expected: '0 or 1', received: '0.5 at place 1' },
  ],
  [
    'NaN',
    built(),
    [
      [
        [1, 1],
        [Number.NaN, 1],
      ],
      [1, 1],
    ],
    { path: 'stem.kernel_mask', received: 'NaN at place 2' },
  ],
  [
    'ragged arrays',
    built(),
    [
      [[1, 1], [1]],
      [1, 1],
    ],
    { path: 'stem.kernel_mask', problem: 'its rows differ in length' },
  ],
  ['no tensor', built(), [{ size: 2 }, [1, 1]], { path: 'stem.kernel_mask', problem: 'it is no tensor' }],
])('setMasks refuses %s and changes nothing', (_, layer, masks, facts) => {
  const before = values(layer.getWeights());
  let caught: unknown;
  try {
    layer.setMasks(masks as tf.Tensor[]); // what a user may give
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(HeadgateError);
  expect(caught).toMatchObject({ code: 'INVALID_MASK', ...facts });
  expect(values(layer.getWeights())).toEqual(before);
});

test('setMasks leaves no tensor behind', () => {
  const layer = built();
  const masks = [tf.ones([2, 2]), tf.ones([2])];
  const before = tf.memory().numTensors;
  layer.setMasks(masks);
  tf.dispose(layer.apply(tf.tidy(() => tf.ones([1, 2]))) as tf.Tensor); // an eager call gives one tensor
  expect(tf.memory().numTensors).toBe(before + 1); // the input
});

test('an option that the layer does not have is named, with the nearest that it has', () => {
  const make = () => new MaskedDense({ units: 2, name: 'stem', kernelRegularizers: 'l1l2' } as never);
  expect(make).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      path: 'stem.kernelRegularizers',
      suggestion: 'kernelRegularizer',
    }),
  );
});

test('masks may begin otherwise', () => {
  const layer = withValues(new MaskedDense({ units: 2, maskInitializer: 'zeros' }), [null, 2], []);
  expect(values(layer.apply(tf.ones([1, 2])))).toEqual([0, 0]);
  expect(layer.getConfig().maskInitializer).toEqual({ className: 'Zeros', config: {} });
});
