/** @file Who follows units through which class of layers, and the walk over a graph of them. */
import type { tf } from '../../tf.js';
import { isContainer, nodeOf } from '../layers.js';
import type { Book } from './book.js';
import { type Call, type Follow, notFollowed } from './call.js';
import { type Channels, withoutUnits } from './channels.js';
import * as elementwise from './elementwise.js';
import { concatenate, elementwiseMerge } from './merging.js';
import { bidirectional, recurrent } from './recurrent.js';
import * as shapes from './shapes.js';
import * as weighted from './weighted.js';
import { timeDistributed, unitSlice } from './wrappers.js';

type Layer = tf.layers.Layer;

const each = (follow: Follow, names: string): Record<string, Follow> =>
  Object.fromEntries(names.split(' ').map((name) => [name, follow]));

/** By the name of the class. What is not here is not followed. */
const FOLLOW: ReadonlyMap<string, Follow> = new Map(
  Object.entries({
    ...each(weighted.dense, 'Dense DropConnectDense'),
    Embedding: weighted.embedding,
    ...each(weighted.convolution, 'Conv1D Conv2D Conv3D'),
    ...each(weighted.transposedConvolution, 'Conv2DTranspose Conv3DTranspose'),
    DepthwiseConv2D: weighted.depthwise,
    SeparableConv2D: weighted.separable,
    ...each(recurrent, 'SimpleRNN GRU LSTM ConvLSTM2D RNN'),
    Bidirectional: bidirectional,
    TimeDistributed: timeDistributed,
    Activation: elementwise.activation,
    ...each(elementwise.passed, 'ReLU LeakyReLU ELU ThresholdedReLU Rescaling'),
    ...each(elementwise.passed, 'Dropout SpatialDropout1D AlphaDropout GaussianDropout GaussianNoise'),
    PReLU: elementwise.prelu,
    Softmax: elementwise.softmax,
    BatchNormalization: elementwise.batchNormalisation,
    LayerNormalization: elementwise.layerNormalisation,
    Masking: elementwise.masking,
    ...each(shapes.positions, 'MaxPooling1D MaxPooling2D MaxPooling3D'),
    ...each(shapes.positions, 'AveragePooling1D AveragePooling2D AveragePooling3D'),
    ...each(shapes.positions, 'ZeroPadding2D Cropping2D UpSampling2D Resizing CenterCrop'),
    ...each(shapes.globalPooling, 'GlobalAveragePooling1D GlobalAveragePooling2D'),
    ...each(shapes.globalPooling, 'GlobalMaxPooling1D GlobalMaxPooling2D'),
    Flatten: shapes.flatten,
    Reshape: shapes.reshape,
    Permute: shapes.permute,
    RepeatVector: shapes.repeatVector,
    Concatenate: concatenate,
    ...each(elementwiseMerge, 'Add Average Maximum Minimum Multiply'),
    HeadgateUnitSlice: unitSlice,
  }),
);

/** The classes of layers that are followed, models apart. */
export const followedLayers: readonly string[] = [...FOLLOW.keys()];

function followLayer(call: Call): readonly Channels[] {
  const { layer } = call;
  const name = layer.getClassName();
  if (isContainer(layer)) return followModel(layer, call);
  const reads = `the layer ${layer.name} (${name}) reads them`;
  const outputs = FOLLOW.get(name)?.(call) ?? notFollowed(call, `${reads}, and is not followed`);
  call.book.calls.push({ layer, inputs: call.inputs, outputs });
  return outputs;
}

function followModel(model: tf.LayersModel, { inputs, shapes: given, book }: Call): readonly Channels[] {
  const known = new Map(model.inputs.map((tensor, i) => [tensor, inputs[i] ?? withoutUnits(tensor.shape)]));
  return followTensors(model.outputs, known, book).map((found, i) => ({ ...found, shape: given[i] ?? found.shape }));
}

/**
 * The channels of `tensors`, from those of others. Inputs that are not known have no units.
 *
 * @param known by tensor; those that are found are added
 */
export function followTensors(
  tensors: readonly tf.SymbolicTensor[],
  known: Map<tf.SymbolicTensor, Channels>,
  book: Book<Layer>,
): readonly Channels[] {
  const inner: Call['inner'] = (call) => followLayer({ ...call, book, inner });
  const pending = [...tensors].reverse();
  for (let tensor = pending.at(-1); tensor !== undefined; tensor = pending.at(-1)) {
    const node = nodeOf(tensor);
    const isInput = tensor.sourceLayer.getClassName() === 'InputLayer';
    const missing = known.has(tensor) || isInput ? [] : node.inputTensors.filter((input) => !known.has(input));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (known.has(tensor)) continue;
    if (isInput) {
      known.set(tensor, withoutUnits(tensor.shape));
      continue;
    }
    const found = inner({
      layer: tensor.sourceLayer,
      inputs: node.inputTensors.map((input) => channelsOf(known, input)),
      shapes: node.outputTensors.map((output) => output.shape),
    });
    for (const [i, output] of node.outputTensors.entries()) known.set(output, found[i] ?? withoutUnits(output.shape));
  }
  return tensors.map((tensor) => channelsOf(known, tensor));
}

function channelsOf(known: ReadonlyMap<tf.SymbolicTensor, Channels>, tensor: tf.SymbolicTensor): Channels {
  const channels = known.get(tensor);
  if (channels === undefined) throw new Error(`${tensor.name} was not reached`);
  return channels;
}
