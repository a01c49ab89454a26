/** @file The backbones used when the user gives none: a perceptron for vectors, a small strided net for images. */
import { tf } from '../tf.js';

/**
 * Reads every input (images through strided convolutions, the rest flattened), joins them, and yields one feature.
 * Inputs `[batch, ...shape]` -> `features` `[batch, 128]`.
 */
export function defaultBackbone(inputs: Readonly<Record<string, tf.SymbolicTensor>>): {
  features: tf.SymbolicTensor;
} {
  const parts = Object.values(inputs).map((input) => (input.shape.length === 4 ? imageTrunk(input) : flat(input)));
  const joined = parts.length === 1 ? parts[0] : (tf.layers.concatenate().apply(parts) as tf.SymbolicTensor);
  return { features: dense(dense(joined as tf.SymbolicTensor, 128), 128) };
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
