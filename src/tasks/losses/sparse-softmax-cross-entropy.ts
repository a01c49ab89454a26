/** @file Softmax cross-entropy against the index of a class: of many classes, without a matrix of targets. */
import { tf } from '../../tf.js';
import { withGradient } from './with-gradient.js';

/**
 * ℓ = log Σ_c exp x_c - x_y over the last axis: logits `[rows, classes]`, indices y `[rows, 1]` -> `[rows, 1]`.
 * ∂ℓ/∂x = softmax(x) - [c = y].
 */
export function sparseSoftmaxCrossEntropy(logits: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  const [classes] = logits.shape.slice(-1) as [number]; // a matrix has columns
  return withGradient(
    logits,
    (x) => {
      const greatest = x.max(-1, true);
      const normaliser = x.sub(greatest).exp().sum(-1, true).log().add(greatest);
      const isLabel = indices.equal(tf.range(0, classes, 1, 'float32'));
      const zero: tf.Tensor = tf.scalar(0);
      const own = tf.where(isLabel, x, zero).sum(-1, true);
      return { value: normaliser.sub(own), keep: { x, normaliser, isLabel } };
    },
    (upstream, { x, normaliser, isLabel }) => x.sub(normaliser).exp().sub(isLabel.cast('float32')).mul(upstream),
  );
}
