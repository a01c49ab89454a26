/** @file Every layer, written and read again: by `fromConfig` and in saved models. */
import { expect, test } from 'vitest';
import { getCustomObjects } from '../../../src/model/masked/custom-objects.js';
import { isMaskedLayer } from '../../../src/model/masked/masked-layer.js';
import { tf } from '../../../src/tf.js';
import { saved, savedAndLoaded, values } from './layers.js';

const convolution = { filters: 2, kernelSize: 2, padding: 'valid', useBias: false, biasRegularizer: 'l1l2' } as const;
const transformer = { numHeads: 2, feedForwardSize: 5, dropout: 0.25, activation: 'gelu', normFirst: true } as const;
const dense = { units: 3, activation: 'tanh', kernelInitializer: 'glorotUniform', kernelRegularizer: 'l1l2' } as const;

/** Options other than the defaults, and the shapes of the inputs. */
const recipes: Readonly<Record<keyof ReturnType<typeof getCustomObjects>, readonly [object, ...number[][]]>> = {
  DotProductAttention: [{ scaled: false }, [3, 4], [5, 4], [5, 2]],
  DropConnectDense: [{ ...dense, rate: 0.25, kernelConstraint: 'nonNeg' }, [4]],
  FilterLayer: [{ isOn: false }, [3]],
  MaskedConv1D: [{ ...convolution, dilationRate: 2 }, [6, 3]],
  MaskedConv2D: [{ ...convolution, dilationRate: [2, 2], kernelConstraint: 'nonNeg' }, [6, 6, 3]],
  MaskedConv2DTranspose: [{ ...convolution, strides: 2 }, [4, 4, 3]],
  MaskedConv3D: [{ ...convolution, strides: [1, 2, 1] }, [4, 4, 4, 2]],
  MaskedDense: [{ ...dense, kernelConstraint: 'nonNeg', maskInitializer: 'zeros' }, [4]],
  MaskedDepthwiseConv2D: [
    { kernelSize: 2, depthMultiplier: 2, depthwiseConstraint: 'nonNeg', depthwiseRegularizer: 'l1l2', useBias: false },
    [5, 5, 2],
  ],
  MaskedMultiHeadAttention: [
    { numHeads: 2, keyDim: 3, dropout: 0.5, causal: true, attentionMask: true, useBias: false, masked: false },
    [4, 6],
    [4, 4],
  ],
  MaskedTransformerDecoderLayer: [{ ...transformer, epsilon: 0.01, causal: true }, [4, 6], [5, 3]],
  MaskedTransformerEncoderLayer: [{ ...transformer, kernelInitializer: 'heNormal' }, [4, 6]],
  MultiConv2D: [{ ...convolution }, [4, 4, 2], [5, 5, 2]],
  MultiConv3D: [{ ...convolution }, [4, 4, 4, 2], [3, 3, 3, 2]],
  MultiDense: [dense, [4], [4]],
  MultiMaskedConv2D: [{ ...convolution, dilationRate: 2 }, [5, 5, 2], [6, 5, 2]],
  MultiMaskedConv3D: [{ ...convolution }, [4, 4, 4, 2], [3, 3, 3, 2]],
  MultiMaskedDense: [{ ...dense, biasInitializer: tf.initializers.constant({ value: 0.5 }) }, [4], [4], [4]],
  MultiMaxPool2D: [{ poolSize: [2, 3], strides: 2, padding: 'valid' }, [6, 6, 2], [5, 5, 1]],
  MultiMaxPool3D: [{ poolSize: 2 }, [3, 3, 3, 1], [2, 2, 2, 2]],
  MultitaskNormalization: [{}, [3], [3]],
  PositionalEncoding: [{ dropout: 0.5 }, [4, 6]],
  SelectorLayer: [{ index: 1 }, [3], [4]],
  SumLayer: [{}, [3], [3]],
};

type Made = new (config: object) => tf.layers.Layer;
const cases = Object.entries(getCustomObjects()).map(([name, Own]) => {
  const [options, ...shapes] = recipes[name as keyof typeof recipes]; // one for each
  return { name, Own: Own as unknown as Made, options, shapes };
});

test.each(cases)('$name: from_config keeps name, dtype and trainable, and every option', ({ name, Own, options }) => {
  const layer = new Own({ ...options, name: 'mine', dtype: 'int32', trainable: false });
  const text = JSON.stringify(layer.getConfig());
  const [registered, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[name] ?? [];
  expect(registered).toBe(Own);
  if (registered === undefined || fromConfig === undefined) throw new Error('it is registered');
  const again = fromConfig(registered, JSON.parse(text)) as tf.layers.Layer; // a layer's class
  expect(again).toMatchObject({ name: 'mine', dtype: 'int32', trainable: false });
  expect(again.getClassName()).toBe(name);
  expect(JSON.stringify(again.getConfig())).toBe(text);
  for (const [option, value] of Object.entries(options)) {
    const [written, plain] = [again.getConfig()[option], ['number', 'boolean'].includes(typeof value)];
    if (plain) expect([value, [value], [value, value], [value, value, value]], option).toContainEqual(written);
    else expect(written, option).not.toBeNull();
  }
});

test.each(cases)(
  '$name: a saved model predicts the same after tf.loadLayersModel',
  async ({ Own, options, shapes }) => {
    const inputs = shapes.map((shape) => tf.input({ shape }));
    const layer = new Own(options);
    const outputs = [layer.apply(inputs)].flat() as tf.SymbolicTensor[]; // of symbolic inputs
    if (isMaskedLayer(layer)) {
      layer.setMasks(
        layer.maskedWeights.map(({ weight: { shape } }, i) =>
          tf.randomNormal(shape.map(Number), 0, 1, 'float32', i + 1).step(),
        ),
      );
    }
    layer.setWeights(layer.getWeights().map((weight) => weight.clone())); // so that they keep to their constraints, as tfjs has them when it loads
    const model = tf.model({ inputs, outputs });
    const rows = shapes.map((shape, i) => tf.randomNormal([2, ...shape], 0, 1, 'float32', i + 1));
    const loaded = await savedAndLoaded(model);
    expect(values(loaded.predict(rows))).toEqual(values(model.predict(rows)));
    expect(loaded.weights.map((weight) => weight.originalName)).toEqual(
      model.weights.map((weight) => weight.originalName),
    );
    expect(values(loaded.getWeights())).toEqual(values(model.getWeights()));
    expect(loaded.trainableWeights).toHaveLength(model.trainableWeights.length);
  },
);

test('masks are ordinary weights of files, non-trainable, float32', async () => {
  const { MaskedDense } = getCustomObjects();
  const x = tf.input({ shape: [2] });
  const layer = new MaskedDense({ units: 1, name: 'stem' });
  const model = tf.model({ inputs: x, outputs: layer.apply(x) as tf.SymbolicTensor }); // of a symbolic input
  const { weightSpecs } = await saved(model);
  expect(weightSpecs).toEqual([
    { name: 'stem/kernel', shape: [2, 1], dtype: 'float32' },
    { name: 'stem/bias', shape: [1], dtype: 'float32' },
    { name: 'stem/kernel_mask', shape: [2, 1], dtype: 'float32' },
    { name: 'stem/bias_mask', shape: [1], dtype: 'float32' },
  ]);
});

test('every layer of MANN that is here is listed: MANN’s own list forgets MultitaskNormalization', () => {
  const objects = getCustomObjects();
  expect(Object.keys(objects)).toContain('MultitaskNormalization');
  for (const [name, Own] of Object.entries(objects)) expect(Own.className).toBe(name);
  expect(Object.keys(recipes)).toEqual(Object.keys(objects));
});
