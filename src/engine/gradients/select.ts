/**
 * @file The gradient of Select chooses, where tfjs's multiplies by 0 and 1: what is not chosen gets exactly 0, also where
 * the slope that comes back is infinite or NaN.
 */
import { tf } from '../../tf.js';

export const select: tf.GradConfig = {
  kernelName: tf.Select,
  inputsToSave: ['condition'],
  gradFunc: (slope, saved) => {
    const [condition] = saved as [tf.Tensor]; // inputsToSave
    const dy = slope as tf.Tensor; // one output
    // A condition of rank 1 chooses whole rows.
    const mask =
      condition.rank === dy.rank ? condition : condition.reshape(dy.shape.map((n, axis) => (axis === 0 ? n : 1)));
    const none = tf.scalar(0);
    return {
      condition: () => tf.zeros(condition.shape),
      t: () => tf.where(mask, dy, none),
      e: () => tf.where(mask, none, dy),
    };
  },
};
