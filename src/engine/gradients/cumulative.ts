/** @file Gradients of running sums and of products. */
import { tf } from '../../tf.js';

/** tfjs transposes the result once too often where the axis is not the last. */
export const cumsum: tf.GradConfig = {
  kernelName: tf.Cumsum,
  gradFunc: (dy, _, attributes) => {
    const { axis, exclusive, reverse } = attributes as { axis: number; exclusive: boolean; reverse: boolean };
    return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) }; // a running sum has one output
  },
};

/** tfjs does not count negative axes from the end. */
export function product(original: tf.GradConfig): tf.GradConfig {
  return {
    ...original,
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved as [tf.Tensor]; // the gradient's inputsToSave
      const given = attributes.axis as number | number[] | null | undefined;
      const axis = tf.util.parseAxisParam(given ?? x.shape.map((_, i) => i), x.shape);
      return original.gradFunc(dy, saved, { ...attributes, axis });
    },
  };
}
