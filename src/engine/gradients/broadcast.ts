/** @file Gradients that tfjs leaves in the shape of the result where an input was broadcast, and the sum that mends them. */
import { tf } from '../../tf.js';

/** Sums over the axes along which `shape` was broadcast. */
export function sumTo(slope: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], slope.shape);
  return (axes.length > 0 ? slope.sum(axes) : slope).reshape([...shape]);
}

/** For kernels of two broadcast inputs `a` and `b`, which their gradient saves in this order. */
export function summed(original: tf.GradConfig): tf.GradConfig {
  return {
    ...original,
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor]; // the gradient's inputsToSave
      const slopes = original.gradFunc(dy, saved, attributes);
      return {
        a: () => sumTo((slopes.a as () => tf.Tensor)(), a.shape),
        b: () => sumTo((slopes.b as () => tf.Tensor)(), b.shape),
      };
    },
  };
}
