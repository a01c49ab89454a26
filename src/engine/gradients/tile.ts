/**
 * @file The gradient of Tile: copies are summed by a reshape and a sum for each repeated axis. tfjs takes one slice and
 * one addition for each copy, so that a compiled step grew with rows and positions (layer normalisation tiles over both),
 * and knows ranks 1 to 4 only.
 */
import { tf } from '../../tf.js';

export const tile: tf.GradConfig = {
  kernelName: tf.Tile,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => {
    const [x] = saved as [tf.Tensor]; // inputsToSave
    return { x: () => sumOfCopies(dy as tf.Tensor, x.shape, attributes.reps as number[]) };
  },
};

/** `dy` `[reps₀·shape₀, …]` -> `shape`. */
function sumOfCopies(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const size = tf.util.sizeFromShape;
  let sum = dy;
  for (const [axis, copies] of reps.entries()) {
    if (copies === 1) continue;
    // Axes in front are summed already; -1 could not be inferred where a size is 0.
    const outer = size(shape.slice(0, axis));
    const inner = size(shape.slice(axis)) * size(reps.slice(axis + 1));
    sum = sum.reshape([outer, copies, inner]).sum(1);
  }
  return sum.reshape([...shape]);
}
