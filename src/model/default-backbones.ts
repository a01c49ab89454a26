/** @file The backbones used when the user gives none: a perceptron for vectors, a small strided net for images, an encoder for texts. */
import type { IdsOfColumn } from '../data/columns/column-kind.js';
import { kindsOf } from '../data/columns/define-column.js';
import type { FlowGraph } from '../flow/graph.js';
import { tf } from '../tf.js';
import { transformerEncoder } from './transformer/encoder.js';
import { maskedMean } from './transformer/masked-mean.js';
import { tokenMask } from './transformer/token-mask.js';

type DefaultBackbone = (inputs: Readonly<Record<string, tf.SymbolicTensor>>) => {
  readonly features: tf.SymbolicTensor;
};

/**
 * Reads every input (images through strided convolutions, texts through a transformer's encoder, ids by an embedding, the
 * rest flattened), joins them, and yields one feature. Inputs `[batch, ...shape]` -> `features` `[batch, 128]`.
 */
export function defaultBackbone(specs: FlowGraph['inputs']): DefaultBackbone {
  return (inputs) => {
    const parts = Object.entries(inputs).map(([name, input]) => {
      const ids = specs[name] === undefined ? undefined : kindsOf(specs[name])?.[0]?.ids;
      if (ids !== undefined) return ids.padding === null ? embedded(input, ids.count) : textTrunk(name, input, ids);
      return input.shape.length === 4 ? imageTrunk(input) : flat(input);
    });
    const joined = parts.length === 1 ? parts[0] : (tf.layers.concatenate().apply(parts) as tf.SymbolicTensor);
    return { features: dense(dense(joined as tf.SymbolicTensor, 128), 128) };
  };
}

/** `[batch, length]` -> `[batch, 64]`: the mean of what two blocks of attention make of the tokens that are there. */
function textTrunk(name: string, line: tf.SymbolicTensor, { count, padding }: IdsOfColumn): tf.SymbolicTensor {
  const mask = tokenMask({ padding: padding ?? 0 }).apply(line); // a text's ids have a padding
  const encoder = transformerEncoder({ name: `encoder_${name}`, vocabulary: count, width: 64, layers: 2, heads: 4 });
  return maskedMean().apply([encoder.apply([line, mask]), mask]);
}

/** Numbers of an embedding: the root of how many ids there are, and no more than these. */
const MOST_NUMBERS = 32;

/** `[batch, 1]` -> `[batch, numbers]`. */
function embedded(index: tf.SymbolicTensor, count: number): tf.SymbolicTensor {
  const outputDim = Math.min(MOST_NUMBERS, Math.ceil(Math.sqrt(count)));
  return flat(tf.layers.embedding({ inputDim: count, outputDim }).apply(index) as tf.SymbolicTensor);
}

/** `[batch, height, width, channels]` -> `[batch, units]`. Flattening keeps positions, which localisation needs. */
function imageTrunk(input: tf.SymbolicTensor): tf.SymbolicTensor {
  let x = input;
  for (const filters of [16, 32, 64]) {
    const [, height = 0, width = 0] = x.shape;
    if (Math.min(height ?? 0, width ?? 0) < 4) break;
    x = tf.layers
      .conv2d({ filters, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' })
      .apply(x) as tf.SymbolicTensor;
  }
  return flat(x);
}

function flat(x: tf.SymbolicTensor): tf.SymbolicTensor {
  return x.shape.length === 2 ? x : (tf.layers.flatten().apply(x) as tf.SymbolicTensor);
}

function dense(x: tf.SymbolicTensor, units: number): tf.SymbolicTensor {
  return tf.layers.dense({ units, activation: 'relu', kernelInitializer: 'heNormal' }).apply(x) as tf.SymbolicTensor;
}
