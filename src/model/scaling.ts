/** @file Inputs on their way into the layers: the type that the layers were built for, standardised or scaled. */
import { type Encoder, encoderOf, type Standardisation } from '../data/encoders/encoder.js';
import type { Tensors } from '../engine/engine.js';
import type { FlowGraph, InputSpec } from '../flow/graph.js';
import { tf } from '../tf.js';

/**
 * The raw tensors of a batch as the layers read them. Part of the step, so that bytes cross into a compiled graph as
 * bytes. What is no declared input (a tensor handed on by another part of the network) passes as it is.
 *
 * @param layers the layers' inputs by name
 */
export function scaledInputs(
  specs: FlowGraph['inputs'],
  layers: Readonly<Record<string, tf.SymbolicTensor>>,
  raw: Tensors,
): Tensors {
  return Object.fromEntries(
    Object.entries(raw).map(([name, tensor]) => {
      const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
      const layer = layers[name];
      if (spec === undefined || layer === undefined) return [name, tensor];
      const typed = tensor.dtype === layer.dtype ? tensor : tensor.cast(layer.dtype);
      return [name, normalised(encoded(typed, spec), spec)];
    }),
  );
}

function encoded(tensor: tf.Tensor, spec: InputSpec): tf.Tensor {
  const encoder: Encoder | null = encoderOf(spec);
  if (encoder === null) return scaled(tensor, spec.scale);
  switch (encoder.kind) {
    case 'columns':
      return tensor; // its cells became numbers when they were read
    case 'standardise':
      return standardised(tensor, encoder.state);
    case 'range':
      return scaled(tensor, encoder.state.scale);
  }
}

/** (x - mean) / deviation of each channel, the last axis: as PyTorch's `(x / 255 - mean) / std`, in float32, in this order. */
function normalised(tensor: tf.Tensor, { normalise }: InputSpec): tf.Tensor {
  if (normalise === undefined) return tensor;
  const { mean, deviation } = normalise;
  return tensor.sub(tf.tensor1d([...mean])).div(tf.tensor1d([...deviation]));
}

/** Beyond it nothing differs any more, and its square is far from float32's greatest number. */
const FAR = 1e4;

/**
 * z = (x - centre) × scale, then z / √(1 + (z/3)²), which leaves the middle as it is and ends at ±3 (Holzmüller,
 * Grinsztajn, Steinwart, NeurIPS 2024, "smooth clipping"). `[batch, size]`.
 */
function standardised(tensor: tf.Tensor, { centres, scales }: Standardisation): tf.Tensor {
  const z = tensor.sub(tf.tensor1d([...centres])).mul(tf.tensor1d([...scales]));
  const near = z.clipByValue(-FAR, FAR);
  return near.div(near.div(3).square().add(1).sqrt());
}

/**
 * x × scale. Where the scale is one over a whole number, as in 1/255, it is a division by that number: float32 holds
 * 255 exactly and 1/255 not, so the quotient is the nearest float32 of the exact result.
 */
function scaled(tensor: tf.Tensor, scale: number): tf.Tensor {
  if (scale === 1) return tensor;
  const divisor = Math.round(1 / scale);
  return 1 / divisor === scale ? tensor.div(tf.scalar(divisor)) : tensor.mul(tf.scalar(scale));
}
