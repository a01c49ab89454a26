/** @file Masks taken away and given: the same outputs to the bit, nothing lost. */
import { expect, test } from 'vitest';
import { layersWithin } from '../../../src/model/layers.js';
import { addLayerMasks, removeLayerMasks } from '../../../src/model/masked/convert-layers.js';
import { maskModel } from '../../../src/model/masked/mask-model.js';
import { MaskedConv1D } from '../../../src/model/masked/masked-conv1d.js';
import { MaskedConv2D } from '../../../src/model/masked/masked-conv2d.js';
import { MaskedConv2DTranspose } from '../../../src/model/masked/masked-conv2d-transpose.js';
import { MaskedConv3D } from '../../../src/model/masked/masked-conv3d.js';
import { MaskedDense } from '../../../src/model/masked/masked-dense.js';
import { MaskedDepthwiseConv2D } from '../../../src/model/masked/masked-depthwise-conv2d.js';
import { isMaskedLayer } from '../../../src/model/masked/masked-layer.js';
import { MultiMaskedConv2D } from '../../../src/model/masked/multi-masked-conv2d.js';
import { MultiMaskedConv3D } from '../../../src/model/masked/multi-masked-conv3d.js';
import { MultiMaskedDense } from '../../../src/model/masked/multi-masked-dense.js';
import { SelectorLayer } from '../../../src/model/masked/selector-layer.js';
import { tf } from '../../../src/tf.js';
import { values } from './layers.js';

type Symbolic = tf.SymbolicTensor;
const applied = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic; // of symbolic inputs

/** Every masked layer that has a plain twin, some nested, wrapped, bias-less or frozen. */
function zoo(): tf.LayersModel {
  const nestedInput = tf.input({ shape: [6] });
  const nested = tf.model({
    name: 'nested',
    inputs: nestedInput,
    outputs: applied(new MaskedDense({ units: 5, useBias: false, activation: 'relu', name: 'inner' }), nestedInput),
  });
  const image = tf.input({ shape: [6, 6, 2] });
  const twice = new MultiMaskedConv2D({ filters: 2, name: 'twice' }).apply([image, image]) as Symbolic[];
  const second = applied(new SelectorLayer({ index: 1 }), twice);
  let x = applied(new MaskedConv2D({ filters: 3, dilationRate: 2, activation: 'tanh' }), second);
  x = applied(new MaskedDepthwiseConv2D({ depthMultiplier: 2, useBias: false }), x);
  x = applied(new MaskedConv2DTranspose({ filters: 2, strides: 2, trainable: false, name: 'frozen' }), x);
  const steps = applied(tf.layers.reshape({ targetShape: [24, 12] }), x);
  const convolved = applied(new MaskedConv1D({ filters: 6, kernelRegularizer: 'l1l2' }), steps);
  const wrapped = applied(
    tf.layers.timeDistributed({ layer: new MaskedDense({ units: 6, name: 'wrapped' }) }),
    convolved,
  );
  const flat = applied(tf.layers.globalAveragePooling1d({}), wrapped);
  const deep = applied(nested, flat);
  const heads = new MultiMaskedDense({ units: 2, activation: 'sigmoid', name: 'heads' }).apply([
    deep,
    deep,
  ]) as Symbolic[];
  const volume = tf.input({ shape: [3, 3, 3, 1] });
  const volumes = new MultiMaskedConv3D({ filters: 2, name: 'volumes' }).apply([volume]) as Symbolic[];
  const last = applied(new MaskedConv3D({ filters: 1, kernelSize: 2 }), volumes);
  return tf.model({ name: 'zoo', inputs: [image, volume], outputs: [...heads, last] });
}

const inputs = () => [
  tf.randomNormal([2, 6, 6, 2], 0, 1, 'float32', 1),
  tf.randomNormal([2, 3, 3, 3, 1], 0, 1, 'float32', 2),
];
const predicted = (model: tf.LayersModel) => values(model.predict(inputs()));
const classes = (model: tf.LayersModel) => layersWithin(model).map((layer) => layer.getClassName());
const facts = (model: tf.LayersModel) =>
  layersWithin(model).map(({ name, trainable, trainableWeights }) => ({
    name,
    trainable,
    trains: trainableWeights.length,
  }));

test('removeLayerMasks: the same outputs to the bit, from weights that were drifted under their masks', () => {
  const model = maskModel(zoo(), { sparsity: 0.5, method: 'magnitude', biases: true, exclusive: false });
  for (const layer of layersWithin(model).filter(isMaskedLayer)) {
    for (const { weight } of layer.maskedWeights) weight.write(weight.read().add(0.01)); // as stale moments move them
  }
  const before = predicted(model);
  const plain = removeLayerMasks(model);
  expect(predicted(plain)).toEqual(before);
  expect(predicted(model)).toEqual(before);
  expect(classes(plain).filter((name) => name.includes('Masked'))).toEqual([]);
  expect(classes(plain)).toEqual(classes(model).map((name) => name.replace('Masked', '')));
  expect(facts(plain)).toEqual(facts(model));
  expect(plain.weights.some((weight) => weight.originalName.endsWith('_mask'))).toBe(false);
  expect(values(plain.getLayer('heads').getWeights()).filter((one) => one === 0)).toHaveLength(12);
});

test('addLayerMasks gives back what removeLayerMasks took, with masks of ones', () => {
  const plain = removeLayerMasks(zoo());
  const masked = addLayerMasks(plain);
  expect(predicted(masked)).toEqual(predicted(plain));
  expect(classes(masked)).toEqual(classes(zoo()));
  expect(facts(masked)).toEqual(facts(plain));
  for (const layer of layersWithin(masked).filter(isMaskedLayer)) {
    for (const { mask } of layer.maskedWeights) expect(values([mask.read()]).every((one) => one === 1)).toBe(true);
  }
});

test('addLayerMasks leaves out what it is told to, at any depth', () => {
  const plain = removeLayerMasks(zoo());
  const kept = layersWithin(addLayerMasks(plain, { exclude: ['inner', 'heads'] }));
  const classOf = (name: string) => kept.find((layer) => layer.name === name)?.getClassName();
  expect(['inner', 'heads', 'twice'].map(classOf)).toEqual(['Dense', 'MultiDense', 'MultiMaskedConv2D']);
  const included = layersWithin(addLayerMasks(plain, { include: ['inner'] })).filter(isMaskedLayer);
  expect(included.map((layer) => layer.name)).toEqual(['inner']);
  expect(() => addLayerMasks(plain, { exclude: ['head'] })).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_LAYER', path: 'addLayerMasks.exclude', suggestion: 'heads' }),
  );
  expect(() => addLayerMasks(plain, { excluded: [] } as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'addLayerMasks.excluded', suggestion: 'exclude' }),
  );
});

test('options of Keras stay: regularisers, constraints, dilation, initialisers', () => {
  const layer = tf.layers.conv2d({
    name: 'conv',
    inputShape: [5, 5, 1],
    filters: 2,
    kernelSize: 2,
    padding: 'valid',
    dilationRate: 2,
    kernelRegularizer: 'l1l2',
    kernelConstraint: 'nonNeg',
    biasInitializer: 'ones',
  });
  const masked = addLayerMasks(tf.sequential({ layers: [layer] }));
  const { maskInitializer, ...config } = masked.getLayer('conv').getConfig();
  expect(config).toEqual(layer.getConfig());
  expect(maskInitializer).toEqual({ className: 'Ones', config: {} });
  expect(masked).toBeInstanceOf(tf.Sequential);
});

test('an option that a masked twin would lose is refused by name', () => {
  const layer = tf.layers.dense({ units: 1, inputShape: [2], name: 'head' });
  const model = tf.sequential({ layers: [layer] });
  const own = layer.getConfig.bind(layer);
  layer.getConfig = () => ({ ...own(), quantised: true });
  expect(() => addLayerMasks(model)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'head.quantised' }),
  );
  const depthwise = tf.layers.depthwiseConv2d({
    name: 'depth',
    kernelSize: 2,
    inputShape: [4, 4, 1],
    depthwiseConstraint: 'nonNeg',
  });
  expect(() => addLayerMasks(tf.sequential({ layers: [depthwise] }))).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'depth.depthwiseConstraint' }),
  );
});

test('a new model is made: its weights are its own, and it is not compiled', () => {
  const x = tf.input({ shape: [2] });
  const model = tf.model({ inputs: x, outputs: applied(new MaskedDense({ units: 1, name: 'head' }), x) });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const plain = removeLayerMasks(model);
  expect(plain.optimizer).toBeUndefined();
  const before = values(model.getWeights());
  plain.getLayer('head').setWeights([tf.ones([2, 1]), tf.ones([1])]);
  expect(values(model.getWeights())).toEqual(before);
  expect(() => removeLayerMasks(null as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', path: 'removeLayerMasks.model' }),
  );
});

test('converting leaves no tensor behind but the new weights', () => {
  const x = tf.input({ shape: [2] });
  const model = tf.model({ inputs: x, outputs: applied(new MaskedDense({ units: 1 }), x) });
  const before = tf.memory().numTensors;
  addLayerMasks(removeLayerMasks(model)).dispose();
  expect(tf.memory().numTensors).toBe(before + 2); // the plain model's
});
