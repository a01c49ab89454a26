/** @file The shape that `resizing` says it gives: tfjs leaves the batch out and takes the width for the channels. */
import type { tf } from '../../tf.js';
import type { ShapeOf } from './call.js';

export function resizedShape(original: ShapeOf): ShapeOf {
  return function computeOutputShape(this: tf.layers.Layer, shapes) {
    const [batch = null, , , channels = null] = shapes as tf.Shape; // the layer takes one tensor
    if (shapes.length !== 4) return original.call(this, shapes);
    return [batch, Number(Reflect.get(this, 'height')), Number(Reflect.get(this, 'width')), channels];
  };
}
