/** @file A table of tfjs's layers with their options, each behind and in front of weights. */
import type { HostTensor } from '../../../src/engine/engine.js';
import { transformerEncoder } from '../../../src/model/transformer/encoder.js';
import { maskedMean } from '../../../src/model/transformer/masked-mean.js';
import { tokenMask } from '../../../src/model/transformer/token-mask.js';
import { tf } from '../../../src/tf.js';
import { int, noise, noisy } from './helpers.js';

const L = tf.layers;
export type Symbolic = tf.SymbolicTensor;

/** A layers program over one input, for any number of rows and (where it has them) positions. */
export interface LayerCase {
  readonly name: string;
  readonly input: (rows: number, positions: number) => HostTensor;
  readonly build: (x: Symbolic) => Symbolic;
  /** tfjs runs the layer once a time step, so the graph grows with the steps (and with nothing else). */
  readonly unrolls?: boolean;
}

export const vector = (rows: number): HostTensor => noisy([rows, 6], 1);
export const sequence = (rows: number, positions: number): HostTensor => noisy([rows, positions, 4], 2);
export const picture = (rows: number, positions: number): HostTensor => noisy([rows, positions + 3, 6, 3], 3);
export const pictureFirst = (rows: number, positions: number): HostTensor => noisy([rows, 3, positions + 3, 6], 3);
export const solid = (rows: number, positions: number): HostTensor => noisy([rows, positions - 1, 4, 4, 2], 4);
export const solidFirst = (rows: number, positions: number): HostTensor => noisy([rows, 2, positions - 1, 4, 4], 4);
export const film = (rows: number, frames: number): HostTensor => noisy([rows, frames, 5, 5, 2], 5);
export const words = (rows: number, positions: number): HostTensor => {
  const next = noise(6);
  return int(
    [rows, positions],
    Array.from({ length: rows * positions }, () => Math.floor((next() + 1) * 3.5)),
  );
};

export const cases: LayerCase[] = [];
type Input = LayerCase['input'];

const graph = (name: string, input: Input, build: LayerCase['build'], unrolls = false): void => {
  cases.push({ name, input, build, unrolls });
};
const dense = (units: number, x: Symbolic): Symbolic => L.dense({ units }).apply(x) as Symbolic;
/** Behind weights of its own size, and in front of a product, which mixes what comes out. */
const layer = (name: string, input: Input, make: () => tf.layers.Layer, unrolls = false): void => {
  graph(name, input, (x) => dense(2, make().apply(L.prelu({}).apply(x) as Symbolic) as Symbolic), unrolls);
};
const recurrent = (name: string, input: Input, make: () => tf.layers.Layer): void => layer(name, input, make, true);

// Core
layer('dense', vector, () => L.dense({ units: 5, activation: 'tanh' }));
layer('dense without bias', vector, () => L.dense({ units: 5, useBias: false }));
layer('dense of a sequence', sequence, () => L.dense({ units: 3 }));
layer('dense with a constraint', vector, () => L.dense({ units: 3, kernelConstraint: 'nonNeg' }));
const activations = [
  ...(['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus', 'softsign'] as const),
  ...(['tanh', 'swish', 'mish', 'gelu', 'gelu_new'] as const),
];
for (const activation of activations) {
  layer(`activation ${activation} of dense`, vector, () => L.dense({ units: 4, activation }));
  layer(`activation ${activation}`, sequence, () => L.activation({ activation }));
}
layer('elu', vector, () => L.elu());
layer('reLU', vector, () => L.reLU());
layer('reLU with a ceiling', vector, () => L.reLU({ maxValue: 0.5 }));
layer('leakyReLU', vector, () => L.leakyReLU());
layer('leakyReLU with alpha', vector, () => L.leakyReLU({ alpha: 0.1 }));
layer('prelu', picture, () => L.prelu());
layer('prelu with shared axes', picture, () => L.prelu({ sharedAxes: [1, 2] }));
layer('softmax', vector, () => L.softmax());
layer('softmax over axis 1', sequence, () => L.softmax({ axis: 1 }));
layer('thresholdedReLU', vector, () => L.thresholdedReLU({ theta: 0.2 }));
layer('thresholdedReLU of a picture', picture, () => L.thresholdedReLU({ theta: 0 }));
layer('masking', sequence, () => L.masking({ maskValue: 0 }));
layer('flatten', picture, () => L.flatten());
layer('flatten channels first', pictureFirst, () => L.flatten({ dataFormat: 'channelsFirst' }));
layer('permute', sequence, () => L.permute({ dims: [2, 1] }));
layer('repeatVector', vector, () => L.repeatVector({ n: 3 }));
layer('reshape', vector, () => L.reshape({ targetShape: [2, 3] }));
layer('dropout at rate 0', vector, () => L.dropout({ rate: 0 }));
layer('rescaling', picture, () => L.rescaling({ scale: 0.5, offset: 1 }));
layer('centerCrop', picture, () => L.centerCrop({ height: 4, width: 4 }));
layer('centerCrop that enlarges', picture, () => L.centerCrop({ height: 20, width: 9 }));
for (const interpolation of ['bilinear', 'nearest'] as const) {
  layer(`resizing ${interpolation}`, picture, () => L.resizing({ height: 9, width: 4, interpolation }));
  layer(`upSampling2d ${interpolation}`, picture, () => L.upSampling2d({ size: [2, 3], interpolation }));
}
layer('upSampling2d channels first', pictureFirst, () => L.upSampling2d({ size: [2, 2], dataFormat: 'channelsFirst' }));
layer('zeroPadding2d', picture, () => L.zeroPadding2d({ padding: [1, 2] }));
layer('zeroPadding2d channels first', pictureFirst, () =>
  L.zeroPadding2d({
    padding: [
      [1, 0],
      [0, 2],
    ],
    dataFormat: 'channelsFirst',
  }),
);
const cropping: [[number, number], [number, number]] = [
  [1, 1],
  [0, 2],
];
layer('cropping2D', picture, () => L.cropping2D({ cropping }));
layer('cropping2D channels first', pictureFirst, () => L.cropping2D({ cropping, dataFormat: 'channelsFirst' }));

// Convolutions
for (const padding of ['valid', 'same', 'causal'] as const) {
  layer(`conv1d ${padding}`, sequence, () => L.conv1d({ filters: 3, kernelSize: 2, padding }));
  layer(`conv1d ${padding} dilated`, sequence, () => L.conv1d({ filters: 3, kernelSize: 2, padding, dilationRate: 2 }));
  layer(`conv1d ${padding} with strides`, sequence, () => L.conv1d({ filters: 3, kernelSize: 2, padding, strides: 2 }));
}
layer('conv1d with a stride wider than its kernel', sequence, () =>
  L.conv1d({ filters: 3, kernelSize: 1, padding: 'same', strides: 2 }),
);
for (const padding of ['valid', 'same'] as const) {
  for (const activation of [undefined, 'relu', 'tanh'] as const) {
    layer(`conv2d ${padding} ${activation ?? 'linear'}`, picture, () =>
      L.conv2d({ filters: 4, kernelSize: [3, 2], padding, ...(activation && { activation }) }),
    );
    layer(`conv2d ${padding} ${activation ?? 'linear'} dilated`, picture, () =>
      L.conv2d({ filters: 4, kernelSize: [3, 2], padding, dilationRate: [2, 3], ...(activation && { activation }) }),
    );
  }
  layer(`conv2d ${padding} with strides`, picture, () =>
    L.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 1], padding }),
  );
  layer(`conv2d ${padding} channels first`, pictureFirst, () =>
    L.conv2d({ filters: 4, kernelSize: 3, padding, dataFormat: 'channelsFirst' }),
  );
  layer(`conv2d ${padding} channels first, dilated`, pictureFirst, () =>
    L.conv2d({ filters: 4, kernelSize: 2, padding, dilationRate: 2, dataFormat: 'channelsFirst' }),
  );
  layer(`conv2dTranspose ${padding}`, picture, () =>
    L.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding }),
  );
  layer(`conv2dTranspose ${padding} channels first`, pictureFirst, () =>
    L.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 1, padding, dataFormat: 'channelsFirst' }),
  );
  layer(`conv3d ${padding}`, solid, () => L.conv3d({ filters: 3, kernelSize: 2, padding }));
  layer(`conv3d ${padding} with strides`, solid, () => L.conv3d({ filters: 3, kernelSize: 2, padding, strides: 2 }));
  layer(`conv3d ${padding} channels first`, solidFirst, () =>
    L.conv3d({ filters: 3, kernelSize: 2, padding, dataFormat: 'channelsFirst' }),
  );
  layer(`conv3d ${padding} dilated`, solid, () =>
    L.conv3d({ filters: 3, kernelSize: [1, 2, 2], padding, dilationRate: [1, 2, 3] }),
  );
  layer(`conv3dTranspose ${padding}`, solid, () =>
    L.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2, padding }),
  );
  layer(`conv3dTranspose ${padding} channels first`, solidFirst, () =>
    L.conv3dTranspose({ filters: 2, kernelSize: 3, padding, dataFormat: 'channelsFirst' }),
  );
  layer(`depthwiseConv2d ${padding}`, picture, () =>
    L.depthwiseConv2d({ kernelSize: [3, 2], depthMultiplier: 2, padding }),
  );
  layer(`depthwiseConv2d ${padding} with strides`, picture, () =>
    L.depthwiseConv2d({ kernelSize: 3, strides: 2, padding, useBias: false }),
  );
  layer(`depthwiseConv2d ${padding} dilated`, picture, () =>
    L.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, padding, dilationRate: 2 }),
  );
  layer(`depthwiseConv2d ${padding} channels first`, pictureFirst, () =>
    L.depthwiseConv2d({ kernelSize: 2, padding, dataFormat: 'channelsFirst' }),
  );
  layer(`separableConv2d ${padding}`, picture, () =>
    L.separableConv2d({ filters: 4, kernelSize: 3, padding, depthMultiplier: 2 }),
  );
  layer(`separableConv2d ${padding} dilated`, picture, () =>
    L.separableConv2d({ filters: 4, kernelSize: 2, padding, dilationRate: 2, useBias: false }),
  );
  layer(`separableConv2d ${padding} channels first`, pictureFirst, () =>
    L.separableConv2d({ filters: 4, kernelSize: 2, padding, dataFormat: 'channelsFirst' }),
  );
}
layer('conv2d without bias', picture, () => L.conv2d({ filters: 4, kernelSize: 3, useBias: false }));
layer('conv2d dilated without bias', picture, () =>
  L.conv2d({ filters: 4, kernelSize: 2, dilationRate: 2, useBias: false }),
);
layer('conv2d with a stride wider than its kernel', picture, () =>
  L.conv2d({ filters: 4, kernelSize: 1, padding: 'same', strides: 2 }),
);
layer('depthwiseConv2d with a stride wider than its kernel', picture, () =>
  L.depthwiseConv2d({ kernelSize: 1, padding: 'same', strides: 2 }),
);
layer('conv3d with a stride wider than its kernel', solid, () =>
  L.conv3d({ filters: 3, kernelSize: 1, padding: 'same', strides: 2 }),
);
layer('conv3d with one stride wider than its kernel', solid, () =>
  L.conv3d({ filters: 3, kernelSize: [2, 3, 1], padding: 'same', strides: [1, 1, 3] }),
);
layer('conv2dTranspose without bias', picture, () =>
  L.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, useBias: false }),
);
layer('conv3dTranspose without bias', solid, () => L.conv3dTranspose({ filters: 2, kernelSize: 2, useBias: false }));

// Poolings
for (const padding of ['valid', 'same'] as const) {
  for (const kind of ['average', 'max'] as const) {
    const pool = <A>(one: (a: A) => tf.layers.Layer, other: (a: A) => tf.layers.Layer) =>
      kind === 'max' ? one : other;
    const pool1d = pool(L.maxPooling1d, L.averagePooling1d);
    const pool2d = pool(L.maxPooling2d, L.averagePooling2d);
    const pool3d = pool(L.maxPooling3d, L.averagePooling3d);
    layer(`${kind}Pooling1d ${padding}`, sequence, () => pool1d({ poolSize: 2, padding }));
    layer(`${kind}Pooling1d ${padding} overlapping`, sequence, () => pool1d({ poolSize: 3, strides: 1, padding }));
    layer(`${kind}Pooling1d ${padding} apart`, sequence, () => pool1d({ poolSize: 1, strides: 2, padding }));
    layer(`${kind}Pooling2d ${padding}`, picture, () => pool2d({ poolSize: 2, padding }));
    layer(`${kind}Pooling2d ${padding} overlapping`, picture, () => pool2d({ poolSize: 3, strides: 2, padding }));
    layer(`${kind}Pooling2d ${padding} apart`, picture, () => pool2d({ poolSize: [1, 2], strides: [2, 3], padding }));
    layer(`${kind}Pooling2d ${padding} channels first`, pictureFirst, () =>
      pool2d({ poolSize: 2, padding, dataFormat: 'channelsFirst' }),
    );
    layer(`${kind}Pooling3d ${padding}`, solid, () => pool3d({ poolSize: 2, padding }));
    layer(`${kind}Pooling3d ${padding} overlapping`, solid, () => pool3d({ poolSize: 2, strides: 1, padding }));
    layer(`${kind}Pooling3d ${padding} apart`, solid, () => pool3d({ poolSize: 1, strides: 2, padding }));
    layer(`${kind}Pooling3d ${padding} apart along one axis`, solid, () =>
      pool3d({ poolSize: [2, 3, 1], strides: [1, 1, 3], padding }),
    );
    layer(`${kind}Pooling3d ${padding} channels first`, solidFirst, () =>
      pool3d({ poolSize: 2, padding, dataFormat: 'channelsFirst' }),
    );
  }
}
layer('globalAveragePooling1d', sequence, () => L.globalAveragePooling1d({}));
layer('globalMaxPooling1d', sequence, () => L.globalMaxPooling1d({}));
layer('globalAveragePooling2d', picture, () => L.globalAveragePooling2d({}));
layer('globalMaxPooling2d', picture, () => L.globalMaxPooling2d({}));
layer('globalAveragePooling2d channels first', pictureFirst, () =>
  L.globalAveragePooling2d({ dataFormat: 'channelsFirst' }),
);
layer('globalMaxPooling2d channels first', pictureFirst, () => L.globalMaxPooling2d({ dataFormat: 'channelsFirst' }));

// Normalisation
const normalised: readonly (readonly [string, Input, number])[] = [
  ['vectors', vector, 1],
  ['sequences', sequence, 2],
  ['pictures', picture, 3],
];
for (const [what, input, rank] of normalised) {
  layer(`batchNormalization of ${what}`, input, () => L.batchNormalization({ momentum: 0.8 }));
  layer(`batchNormalization of ${what} without scale`, input, () => L.batchNormalization({ scale: false }));
  layer(`batchNormalization of ${what} without centre`, input, () => L.batchNormalization({ center: false }));
  layer(`batchNormalization of ${what} without either`, input, () =>
    L.batchNormalization({ center: false, scale: false }),
  );
  for (let axis = 1; axis < rank; axis++) {
    layer(`batchNormalization of ${what} along axis ${axis}`, input, () => L.batchNormalization({ axis }));
    layer(`batchNormalization of ${what} along axis ${axis} without scale`, input, () =>
      L.batchNormalization({ axis, scale: false }),
    );
  }
  for (const options of [{}, { scale: false }, { center: false }, { center: false, scale: false }]) {
    const but = Object.keys(options).map((option) => ` without ${option}`);
    layer(`layerNormalization of ${what}${but.join()}`, input, () => L.layerNormalization(options));
  }
}
layer('batchNormalization of solids', solid, () => L.batchNormalization({}));
layer('batchNormalization of solids along axis 1', solidFirst, () => L.batchNormalization({ axis: 1 }));
layer('layerNormalization of solids', solid, () => L.layerNormalization({}));
layer('layerNormalization over axis 1', sequence, () => L.layerNormalization({ axis: 1 }));
layer('layerNormalization over two axes', picture, () => L.layerNormalization({ axis: [2, 3] }));
graph('batchNormalization that is frozen', picture, (x) => {
  const resting = L.batchNormalization({ scale: false, trainable: false });
  return dense(2, resting.apply(L.prelu().apply(x)) as Symbolic);
});

// Embedding
graph('embedding', words, (x) => dense(2, L.embedding({ inputDim: 7, outputDim: 3 }).apply(x) as Symbolic));

// Recurrent layers. Weights start from a normal draw: the orthogonal one is slow.
const recurrentInitializer = 'glorotNormal' as const;
for (const options of [
  {},
  { returnSequences: true },
  { goBackwards: true },
  { useBias: false },
  { activation: 'relu' as const },
]) {
  const name = Object.keys(options).join() || 'by default';
  recurrent(`simpleRNN ${name}`, sequence, () => L.simpleRNN({ units: 3, recurrentInitializer, ...options }));
  recurrent(`gru ${name}`, sequence, () => L.gru({ units: 3, recurrentInitializer, ...options }));
  recurrent(`lstm ${name}`, sequence, () => L.lstm({ units: 3, recurrentInitializer, ...options }));
}
for (const implementation of [1, 2]) {
  recurrent(`gru implementation ${implementation}`, sequence, () =>
    L.gru({ units: 3, recurrentInitializer, implementation }),
  );
  recurrent(`lstm implementation ${implementation}`, sequence, () =>
    L.lstm({ units: 3, recurrentInitializer, implementation, unitForgetBias: false }),
  );
}
graph(
  'lstm with its states returned',
  sequence,
  (x) => {
    const lstm = L.lstm({ units: 3, recurrentInitializer, returnState: true });
    return dense(2, L.concatenate().apply(lstm.apply(L.prelu().apply(x)) as Symbolic[]) as Symbolic);
  },
  true,
);
recurrent('stacked cells', sequence, () =>
  L.rnn({
    cell: L.stackedRNNCells({
      cells: [
        L.gruCell({ units: 3, recurrentInitializer }),
        L.lstmCell({ units: 2, recurrentInitializer }),
        L.simpleRNNCell({ units: 2, recurrentInitializer }),
      ],
    }),
  }),
);
for (const padding of ['same', 'valid'] as const) {
  recurrent(`convLstm2d ${padding}`, film, () =>
    L.convLstm2d({ filters: 2, kernelSize: 3, padding, recurrentInitializer, returnSequences: true }),
  );
}
for (const mergeMode of ['concat', 'sum', 'mul', 'ave'] as const) {
  recurrent(`bidirectional ${mergeMode}`, sequence, () =>
    // Reason for the assertion: tfjs types the wrapped layer as RNN, which its factories do not declare.
    L.bidirectional({
      layer: L.lstm({ units: 2, recurrentInitializer, returnSequences: true }) as never,
      mergeMode,
    }),
  );
}
graph(
  'embedding with a mask into lstm',
  words,
  (x) =>
    L.lstm({ units: 3, recurrentInitializer }).apply(
      L.embedding({ inputDim: 7, outputDim: 3, maskZero: true }).apply(x),
    ) as Symbolic,
  true,
);
graph(
  'masking into gru',
  sequence,
  (x) =>
    L.gru({ units: 3, recurrentInitializer }).apply(L.masking({ maskValue: 0 }).apply(L.reLU().apply(x))) as Symbolic,
  true,
);
layer('timeDistributed dense', sequence, () => L.timeDistributed({ layer: L.dense({ units: 3 }) }));
layer('timeDistributed conv2d', film, () =>
  L.timeDistributed({ layer: L.conv2d({ filters: 2, kernelSize: 3, activation: 'relu' }) }),
);
recurrent('timeDistributed batchNormalization', sequence, () =>
  L.timeDistributed({ layer: L.batchNormalization({ scale: false }) }),
);

// Merging
for (const merge of ['add', 'average', 'concatenate', 'maximum', 'minimum', 'multiply'] as const) {
  graph(`merge ${merge}`, vector, (x) => dense(2, L[merge]().apply([dense(4, x), dense(4, x)]) as Symbolic));
  graph(`merge ${merge} of sequences`, sequence, (x) =>
    dense(2, L[merge]().apply([dense(4, x), dense(4, x), dense(4, x)]) as Symbolic),
  );
}
graph('merge concatenate along axis 1', sequence, (x) =>
  dense(2, L.concatenate({ axis: 1 }).apply([dense(4, x), dense(4, x)]) as Symbolic),
);
for (const normalize of [false, true]) {
  graph(
    `merge dot${normalize ? ' normalised' : ''}`,
    sequence,
    (x) =>
      L.permute({ dims: [2, 1] }).apply(
        L.dot({ axes: [1, 1], normalize }).apply([dense(4, x), dense(4, x)]),
      ) as Symbolic,
  );
}

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

/** Operations whose gradients tfjs writes as loops, in a user's layer. */
class Loops extends tf.layers.Layer {
  static className = 'TestLoops';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor3D;
    const [rows = 1, positions = 1, units = 1] = x.shape;
    const tiled = tf.tile(x, [1, 1, 2]).slice([0, 0, 1], [-1, -1, units]);
    const order = tf.tile(tf.range(0, positions, 1, 'int32').reverse().reshape([1, positions]), [rows, 1]);
    const turned = tf.gather(x, order, 1, 1) as tf.Tensor3D;
    const running = tf.cumsum(x, 1);
    const spread = tf.broadcastTo(x.mean(1, true), x.shape);
    return tiled
      .add(turned)
      .add(running)
      .add(spread)
      .squaredDifference(x.mean([1, 2], true));
  }
  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    return shape as tf.Shape; // one input
  }
}
graph('attention', sequence, (x) => new Attention().apply([dense(4, x), dense(4, x), dense(4, x)]) as Symbolic);
graph('tile, gather, cumsum, broadcastTo', sequence, (x) => dense(2, new Loops({}).apply(dense(4, x)) as Symbolic));
graph('a residual block with normalisation', picture, (x) => {
  const block = L.batchNormalization().apply(
    L.conv2d({ filters: 3, kernelSize: 3, padding: 'same', useBias: false }).apply(x),
  ) as Symbolic;
  const joined = L.add().apply([x, L.activation({ activation: 'relu' }).apply(block) as Symbolic]) as Symbolic;
  return dense(3, L.flatten().apply(L.maxPooling2d({}).apply(joined)) as Symbolic);
});
graph('a nested model', sequence, (x) => {
  const inner = tf.sequential({
    layers: [L.dense({ units: 3, inputShape: [...x.shape.slice(1)] }), L.layerNormalization()],
  });
  return dense(2, inner.apply(x) as Symbolic);
});
graph('transformer encoder of words', words, (x) => {
  const options = { vocabulary: 8, width: 4, layers: 2, heads: 2, feedForward: 5, dropout: 0 };
  return dense(2, transformerEncoder(options).apply(x));
});
graph('transformer encoder of a sequence, sinusoidal, and a masked mean', sequence, (x) => {
  const first = L.flatten().apply(L.dense({ units: 1, trainable: false }).apply(x)) as Symbolic;
  const mask = tokenMask().apply(L.reLU().apply(first) as Symbolic); // some positions, by the sign of their numbers
  const options = { width: 4, layers: 1, heads: 1, positions: 'sinusoidal', dropout: 0 } as const;
  return maskedMean().apply([transformerEncoder(options).apply([x, mask]), mask]);
});
