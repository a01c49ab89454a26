/** @file Layers that hand on what they are given as it is, which inside a model is a list of one tensor. */
import type { tf } from '../../tf.js';
import type { Call } from './call.js';

export function singleInput(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    return original.call(this, [inputs].flat()[0] as tf.Tensor, kwargs); // the layer takes one tensor
  };
}
