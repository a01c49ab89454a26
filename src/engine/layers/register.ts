/** @file Replaces what tfjs's layer classes compute where they fail to train, or record a graph that grows. */
import { tf } from '../../tf.js';
import type { Call } from './call.js';
import { conv1d, conv2d, separableConv2d } from './convolution.js';
import { batchNormalization, layerNormalization } from './normalisation.js';
import { resizedShape } from './resizing.js';
import { singleInput } from './single-input.js';
import { softmax } from './softmax.js';
import { timeDistributed } from './time-distributed.js';

const mended: Readonly<Record<string, (original: Call) => Call>> = {
  BatchNormalization: batchNormalization,
  CenterCrop: singleInput,
  Conv1D: conv1d,
  Conv2D: conv2d,
  LayerNormalization: layerNormalization,
  Resizing: singleInput,
  SeparableConv2D: separableConv2d,
  Softmax: softmax,
  TimeDistributed: timeDistributed,
};

let registered = false;

/** Later calls change nothing. Layers that exist already are mended too: it is their classes that change. */
export function registerLayers(): void {
  if (registered) return;
  registered = true;
  for (const [name, by] of Object.entries(mended)) {
    const layer = prototypeOf(name);
    layer.call = by(layer.call);
  }
  const resizing = prototypeOf('Resizing');
  resizing.computeOutputShape = resizedShape(resizing.computeOutputShape);
}

/** Found by its registered name: making a layer to ask its class would shift the names of the user's layers. */
function prototypeOf(name: string): tf.layers.Layer {
  const [layer] = tf.serialization.SerializationMap.getMap().classNameMap[name] ?? [];
  if (layer === undefined) throw new Error(`tfjs has no layer ${name}`);
  return layer.prototype as tf.layers.Layer; // the map also holds initialisers and the like
}
