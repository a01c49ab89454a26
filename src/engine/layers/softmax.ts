/** @file softmax along another axis than the last, which tfjs refuses. */
import { tf } from '../../tf.js';
import type { Call } from './call.js';

export function softmax(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const given: unknown = Reflect.get(this, 'axis'); // a number, or a list of them
    const axes = [given].flat().map(Number);
    const x = [inputs].flat()[0] as tf.Tensor; // the layer takes one tensor
    const [axis = -1] = axes;
    const along = axis < 0 ? axis + x.rank : axis;
    if (axes.length > 1 || along === x.rank - 1) return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const mask = kwargs.mask as tf.Tensor | null | undefined;
      // What a mask leaves out gets a score so low that its share is 0, as tfjs has it along the last axis.
      const scores = mask ? x.add(mask.cast(x.dtype).sub(1).mul(1e9)) : x;
      return scores.sub(tf.logSumExp(scores, along, true)).exp();
    });
  };
}
