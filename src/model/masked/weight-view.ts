/** @file What a layer reads in place of a weight that it holds. */
import type { tf } from '../../tf.js';

/** The same object in all but these members; the original stays as it is. */
export function withMembers<T extends object>(original: T, members: Partial<T>): T {
  const descriptors = Object.entries(members).map(([name, value]) => [name, { value }]);
  return Object.create(original, Object.fromEntries(descriptors)) as T; // it inherits every other member
}

/**
 * The variable as the layer's own code sees it: `read` gives what the layer computes with. tfjs keeps the variable
 * itself in the layer's lists of weights, so that optimizers, files and `setWeights` see what is stored.
 */
export function viewOf(variable: tf.LayerVariable, read: () => tf.Tensor): tf.LayerVariable {
  return withMembers(variable, { read });
}

/** weight ⊙ mask: all that a masked layer ever computes with, in training and inference alike. */
export function effectiveWeight(weight: tf.LayerVariable, mask: tf.LayerVariable): tf.Tensor {
  return weight.read().mul(mask.read());
}
