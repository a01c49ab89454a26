/** @file A tfjs function of one tensor with a gradient written by hand: fewer operations, and stable ones. */
import { tf } from '../../tf.js';

/**
 * `forward` gives the value and what the gradient reads; `gradient` maps the upstream gradient, shaped as the value,
 * to one shaped as `x`. Other tensors that `forward` reads are constants: no gradient flows to them.
 */
export function withGradient<Kept extends Readonly<Record<string, tf.Tensor>>>(
  x: tf.Tensor,
  forward: (x: tf.Tensor) => { readonly value: tf.Tensor; readonly keep: Kept },
  gradient: (upstream: tf.Tensor, kept: Kept) => tf.Tensor,
): tf.Tensor {
  return tf.customGrad((...inputs) => {
    // tfjs types these as a union: the tensors come first, the function that saves them last
    const [tensor, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    const { value, keep } = forward(tensor);
    const names = Object.keys(keep);
    save(Object.values(keep));
    // the saved tensors come back in the order in which they were saved, so they get their names back
    const named = (saved: tf.Tensor[]): Kept => Object.fromEntries(saved.map((t, i) => [names[i], t])) as Kept;
    return { value, gradFunc: (upstream: tf.Tensor, saved: tf.Tensor[]) => gradient(upstream, named(saved)) };
  })(x);
}
