/** @file Every layer of tfjs-layers trains five steps of gradient descent with the losses of the eager cpu engine. */
import { expect, test } from 'vitest';
import type { HostTensor, HostTensors, Step } from '../../../src/engine/engine.js';
import { createEngine, type EngineName } from '../../../src/engine/select.js';
import { type LayerVariable, withBound } from '../../../src/model/binding.js';
import { tf } from '../../../src/tf.js';
import { difference, eager, float, host, int, noisy } from './helpers.js';

const L = tf.layers;
type Symbolic = tf.SymbolicTensor;

interface Case {
  readonly name: string;
  readonly input: HostTensor;
  readonly build: (x: Symbolic) => Symbolic;
  /** tfjs has no gradient of what the layer does to its input. */
  readonly first?: boolean;
}

const cases: Case[] = [];
const layer = (name: string, input: HostTensor, make: () => tf.layers.Layer): void => {
  cases.push({ name, input, build: (x) => make().apply(x) as Symbolic });
};
const first = (name: string, input: HostTensor, make: () => tf.layers.Layer): void => {
  const after = (x: Symbolic): Symbolic => L.dense({ units: 3 }).apply(make().apply(x)) as Symbolic;
  cases.push({ name, input, first: true, build: after });
};
const graph = (name: string, input: HostTensor, build: (x: Symbolic) => Symbolic): void => {
  cases.push({ name, input, build });
};

const vector = noisy([4, 6], 1);
const sequence = noisy([2, 5, 4], 2);
const picture = noisy([2, 8, 6, 3], 3);
const solid = noisy([1, 4, 4, 4, 2], 4);
const film = noisy([1, 3, 5, 5, 2], 5);
const words = int([3, 5], [1, 4, 0, 0, 0, 2, 2, 3, 1, 0, 5, 6, 1, 2, 3]);

layer('dense', vector, () => L.dense({ units: 5, activation: 'tanh' }));
for (const activation of [
  'elu',
  'hardSigmoid',
  'linear',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'tanh',
  'swish',
  'mish',
  'gelu',
  'gelu_new',
] as const) {
  layer(`activation ${activation}`, vector, () => L.dense({ units: 4, activation }));
}
layer('dense of a sequence', sequence, () => L.dense({ units: 3 }));
layer('elu', vector, () => L.elu());
layer('reLU with a ceiling', vector, () => L.reLU({ maxValue: 0.5 }));
layer('leakyReLU', vector, () => L.leakyReLU());
layer('prelu', vector, () => L.prelu());
layer('softmax', vector, () => L.softmax());
first('thresholdedReLU', vector, () => L.thresholdedReLU({ theta: 0.2 }));
layer('conv1d', sequence, () => L.conv1d({ filters: 3, kernelSize: 2, padding: 'same' }));
layer('conv2d', picture, () => L.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }));
layer('conv2d with strides', picture, () => L.conv2d({ filters: 4, kernelSize: [3, 2], strides: 2 }));
layer('conv2dTranspose', picture, () => L.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }));
layer('conv3d', solid, () => L.conv3d({ filters: 3, kernelSize: 2, padding: 'same' }));
layer('depthwiseConv2d', picture, () => L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }));
layer('separableConv2d', picture, () => L.separableConv2d({ filters: 4, kernelSize: 3 }));
layer('cropping2D', picture, () =>
  L.cropping2D({
    cropping: [
      [1, 1],
      [0, 2],
    ],
  }),
);
// One square picture: tfjs's cpu gradient of nearest resizing is wrong for others.
layer('upSampling2d nearest', noisy([1, 5, 5, 2], 6), () => L.upSampling2d({ size: [2, 2] }));
layer('zeroPadding2d', picture, () => L.zeroPadding2d({ padding: [1, 2] }));
for (const padding of ['valid', 'same'] as const) {
  layer(`averagePooling1d ${padding}`, sequence, () => L.averagePooling1d({ poolSize: 2, padding }));
  layer(`averagePooling2d ${padding}`, picture, () => L.averagePooling2d({ poolSize: 3, strides: 2, padding }));
  layer(`averagePooling3d ${padding}`, solid, () => L.averagePooling3d({ poolSize: 2, padding }));
  layer(`maxPooling1d ${padding}`, sequence, () => L.maxPooling1d({ poolSize: 2, padding }));
  layer(`maxPooling2d ${padding}`, picture, () => L.maxPooling2d({ poolSize: 3, strides: 2, padding }));
  layer(`maxPooling3d ${padding}`, solid, () => L.maxPooling3d({ poolSize: 2, padding }));
}
layer('globalAveragePooling1d', sequence, () => L.globalAveragePooling1d());
layer('globalAveragePooling2d', picture, () => L.globalAveragePooling2d({}));
layer('globalMaxPooling1d', sequence, () => L.globalMaxPooling1d());
layer('globalMaxPooling2d', picture, () => L.globalMaxPooling2d({}));
layer('batchNormalization', picture, () => L.batchNormalization({ momentum: 0.8 }));
layer('batchNormalization of vectors', vector, () => L.batchNormalization({ center: true }));
layer('layerNormalization', sequence, () => L.layerNormalization({ axis: -1 }));
layer('embedding', words, () => L.embedding({ inputDim: 7, outputDim: 3 }));
layer('simpleRNN', sequence, () => L.simpleRNN({ units: 3, recurrentInitializer: 'glorotNormal' }));
layer('gru', sequence, () => L.gru({ units: 3, recurrentInitializer: 'glorotNormal' }));
layer('lstm', sequence, () => L.lstm({ units: 3, recurrentInitializer: 'glorotNormal', returnSequences: true }));
layer('stacked cells', sequence, () =>
  L.rnn({
    cell: L.stackedRNNCells({
      cells: [
        L.gruCell({ units: 3, recurrentInitializer: 'glorotNormal' }),
        L.lstmCell({ units: 2, recurrentInitializer: 'glorotNormal' }),
      ],
    }),
  }),
);
layer('convLstm2d', film, () =>
  L.convLstm2d({ filters: 2, kernelSize: 3, padding: 'same', recurrentInitializer: 'glorotNormal' }),
);
layer('bidirectional', sequence, () =>
  L.bidirectional({
    layer: L.lstm({ units: 2, recurrentInitializer: 'glorotNormal', returnSequences: true }) as never,
    mergeMode: 'concat',
  }),
);
layer('timeDistributed', sequence, () => L.timeDistributed({ layer: L.dense({ units: 3 }) }));
graph(
  'embedding with a mask into lstm',
  words,
  (x) =>
    L.lstm({ units: 3, recurrentInitializer: 'glorotNormal' }).apply(
      L.embedding({ inputDim: 7, outputDim: 3, maskZero: true }).apply(x),
    ) as Symbolic,
);
first('masking', sequence, () => L.masking({ maskValue: 0 }));
layer('flatten', picture, () => L.flatten());
layer('permute', sequence, () => L.permute({ dims: [2, 1] }));
layer('repeatVector', vector, () => L.repeatVector({ n: 3 }));
layer('reshape', vector, () => L.reshape({ targetShape: [2, 3] }));
layer('dropout outside training', vector, () => L.dropout({ rate: 0 }));
layer('rescaling', picture, () => L.rescaling({ scale: 0.5, offset: 1 }));
first('centerCrop', picture, () => L.centerCrop({ height: 4, width: 4 }));
for (const merge of ['add', 'average', 'concatenate', 'maximum', 'minimum', 'multiply'] as const) {
  graph(
    `merge ${merge}`,
    vector,
    (x) =>
      L[merge]().apply([
        L.dense({ units: 4 }).apply(x) as Symbolic,
        L.dense({ units: 4 }).apply(x) as Symbolic,
      ]) as Symbolic,
  );
}
graph(
  'merge dot',
  sequence,
  (x) =>
    L.dot({ axes: [2, 2] }).apply([
      L.dense({ units: 4 }).apply(x) as Symbolic,
      L.dense({ units: 4 }).apply(x) as Symbolic,
    ]) as Symbolic,
);

/** Dot-product attention written as a user's layer. */
class Attention extends tf.layers.Layer {
  static className = 'TestAttention';
  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [query, key, value] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
    return tf.matMul(tf.softmax(tf.matMul(query, key, false, true).div(2)), value);
  }
  override computeOutputShape(shapes: tf.Shape[]): tf.Shape {
    return shapes[2] as tf.Shape;
  }
}
graph('attention', sequence, (x) => {
  const project = (): Symbolic => L.dense({ units: 4 }).apply(x) as Symbolic;
  return new Attention().apply([project(), project(), project()]) as Symbolic;
});
graph('a residual block with normalisation', picture, (x) => {
  const block = L.batchNormalization().apply(
    L.conv2d({ filters: 3, kernelSize: 3, padding: 'same', useBias: false }).apply(x),
  ) as Symbolic;
  const joined = L.add().apply([x, L.activation({ activation: 'relu' }).apply(block) as Symbolic]) as Symbolic;
  return L.dense({ units: 3 }).apply(L.flatten().apply(L.maxPooling2d({}).apply(joined))) as Symbolic;
});

/** Descends on Σ (prediction × cos(position) - 1)² / size, over all of the model's weights. */
function stepFor(model: tf.LayersModel): { step: Step; state: HostTensors } {
  // Reason for the assertion: tfjs-layers declares `val` and the rest of a LayerVariable as protected parts of its API.
  const variables = model.weights as unknown as (LayerVariable & { trainable: boolean })[];
  const trainable = variables.filter((variable) => variable.trainable);
  const key = (variable: LayerVariable): string => `w${variables.indexOf(variable as (typeof variables)[number])}`;
  const state: Record<string, HostTensor> = {};
  variables.forEach((variable, i) => {
    const { shape } = host(variable.read());
    // Larger than most initialisers, and never 0, so that every path carries a gradient; variances stay positive.
    const { data } = noisy(shape, 100 + i, 0.4);
    state[key(variable)] = float(shape, variable.trainable ? data : data.map((x) => 1 + Math.abs(x)));
  });
  const step: Step = {
    name: 'train',
    run: ({ state: given, batch }) => {
      const next: Record<string, tf.Tensor> = {};
      const loss = (...values: tf.Tensor[]): tf.Scalar => {
        const bindings = variables.map((variable) => {
          const index = trainable.indexOf(variable);
          return { variable, tensor: (index < 0 ? given[key(variable)] : values[index]) as tf.Tensor };
        });
        const written = (variable: LayerVariable, value: tf.Tensor): void => {
          next[key(variable)] = tf.keep(value);
        };
        const predicted = withBound(
          bindings,
          written,
          () => model.apply(batch.x as tf.Tensor, { training: true }) as tf.Tensor,
        );
        const weights = tf.cos(tf.range(0, predicted.size, 1, 'float32')).reshape(predicted.shape);
        return tf.mean(tf.square(tf.sub(tf.mul(predicted, weights), 1)));
      };
      if (trainable.length === 0) return { state: next, outputs: { loss: loss() } };
      const { value, grads } = tf.valueAndGrads(loss)(trainable.map((variable) => given[key(variable)] as tf.Tensor));
      trainable.forEach((variable, i) => {
        next[key(variable)] = tf.sub(given[key(variable)] as tf.Tensor, tf.mul(grads[i] as tf.Tensor, 0.1));
      });
      return { state: next, outputs: { loss: value } };
    },
  };
  return { step, state };
}

const engines: readonly EngineName[] = ['onnx', 'wasm'];
const parity = engines.flatMap((engine) => cases.map((kase) => [engine, kase.name, kase] as const));

test.each(parity)('%s: %s', async (name, _, { input, build, first: atFirst }) => {
  await tf.setBackend('cpu');
  const x = tf.input({ shape: input.shape.slice(1), dtype: input.dtype });
  // A layer in front, where the input is real, so that the gradient into the layer under test counts as well.
  const front = input.dtype === 'float32' && !atFirst ? (L.prelu().apply(x) as Symbolic) : x;
  const model = tf.model({ inputs: x, outputs: build(front) });
  const { step, state } = stepFor(model);
  const engine = await createEngine(name);
  const compiled = engine.compile(step);
  const live = await engine.createState(state);
  let expected = { state, outputs: {} as HostTensors };
  for (let counter = 0; counter < 5; counter++) {
    expected = await eager(step, expected.state, { x: input });
    const outputs = await compiled.run(live, { x: input }, { seed: 1, counter });
    const [a, b] = [outputs.loss?.data[0] ?? Number.NaN, expected.outputs.loss?.data[0] ?? 0];
    expect(Math.abs(a - b) / Math.abs(b)).toBeLessThan(1e-4);
  }
  for (const [name, { data }] of Object.entries(await live.read())) {
    expect([name, difference(data, expected.state[name]?.data ?? [])]).toEqual([name, expect.closeTo(0, 3)]);
  }
  compiled.dispose();
  live.dispose();
  model.dispose();
});
