/**
 * @file Gradients of activations, precise in relative terms. tfjs makes them of the saved result, y (1 - y) for the sigmoid,
 * where rounding has lost all that keeps y from 1: above 17 the slope would be 0, and coarse long before.
 */
import { tf } from '../../tf.js';

/** y / (1 + e^x), for 1 - y is 1 / (1 + e^x). */
export const sigmoid = sloped(tf.Sigmoid, (x, y) => tf.div(y, tf.add(tf.exp(x), 1)));

/** 1 / cosh², without the hyperbolic cosine, which is slow where it is an operator at all. */
export const tanh = sloped(tf.Tanh, (x) => {
  const growth = tf.exp(x);
  return tf.square(tf.div(2, tf.add(growth, tf.reciprocal(growth))));
});

export const elu = sloped(tf.Elu, (x) => tf.exp(tf.minimum(x, 0)));

function sloped(kernelName: string, slope: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved) => {
      const [x, y] = saved as [tf.Tensor, tf.Tensor]; // inputsToSave, outputsToSave
      return { x: () => tf.mul(dy as tf.Tensor, slope(x, y)) }; // an activation has one output
    },
  };
}
