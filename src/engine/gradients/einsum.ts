/** @file The gradient of Einsum, which tfjs lacks: of a sum of products it is one, of the slope and the other factors. */
import { tf } from '../../tf.js';

export const einsum: tf.GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dy, saved, attributes) => {
    const [terms, result] = String(attributes.equation).replace(/\s/g, '').split('->') as [string, string];
    const labels = terms.split(',');
    const slopes = labels.map((own, i) => (): tf.Tensor => {
      const others = labels.flatMap((other, j) => (j === i ? [] : [{ labels: other, tensor: saved[j] as tf.Tensor }]));
      const factors = [{ labels: result, tensor: dy as tf.Tensor }, ...others]; // einsum has one output
      const known = [...own].filter((label) => factors.some((factor) => factor.labels.includes(label))).join('');
      const equation = `${factors.map((factor) => factor.labels).join(',')}->${known}`;
      const slope = tf.einsum(equation, ...factors.map((factor) => factor.tensor));
      // What was summed over in this input alone has the same slope everywhere.
      const shape = (saved[i] as tf.Tensor).shape;
      return slope
        .reshape(shape.map((size, axis) => (known.includes(own[axis] ?? '') ? size : 1)))
        .add(tf.zeros(shape));
    });
    return Object.fromEntries(slopes.map((slope, i) => [String(i), slope]));
  },
};
