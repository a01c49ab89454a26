/**
 * @file Gradients of activations from their inputs. tfjs makes them of the saved result, y (1 - y) for the sigmoid, where
 * rounding has lost all that keeps y from 1: above 17 the slope would be 0, and coarse long before.
 */
import { tf } from '../../tf.js';

export const sigmoid = sloped(tf.Sigmoid, (x) => bell(tf.abs(x)));
export const tanh = sloped(tf.Tanh, (x) => tf.mul(bell(tf.abs(tf.mul(x, 2))), 4));
export const elu = sloped(tf.Elu, (x) => tf.exp(tf.minimum(x, 0)));

/** e^-s / (1 + e^-s)², the slope of the sigmoid at s and at -s; `size` is not negative. */
function bell(size: tf.Tensor): tf.Tensor {
  const small = tf.exp(tf.neg(size));
  const share = tf.reciprocal(tf.add(small, 1));
  return tf.mul(tf.mul(small, share), share);
}

function sloped(kernelName: string, slope: (x: tf.Tensor) => tf.Tensor): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => {
      const [x] = saved as [tf.Tensor]; // inputsToSave
      return { x: () => tf.mul(dy as tf.Tensor, slope(x)) }; // an activation has one output
    },
  };
}
