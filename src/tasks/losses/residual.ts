/** @file Losses of a residual e = prediction - target, elementwise. */
import type { tf } from '../../tf.js';
import { withGradient } from './with-gradient.js';

/** ℓ = e²; ∂ℓ/∂e = 2e. */
function squaredError(residual: tf.Tensor): tf.Tensor {
  return residual.square();
}

/** ℓ = |e|; ∂ℓ/∂e = sign(e), 0 at 0 (tfjs's own gradient is -1 there). */
function absoluteError(residual: tf.Tensor): tf.Tensor {
  return withGradient(
    residual,
    (e) => ({ value: e.abs(), keep: { e } }),
    (upstream, { e }) => upstream.mul(e.sign()),
  );
}

/** ℓ = e²/2 where |e| ≤ δ, else δ·(|e| - δ/2): Huber 1964; ∂ℓ/∂e = e held within ±δ. */
function huberError(residual: tf.Tensor, delta: number): tf.Tensor {
  return withGradient(
    residual,
    (e) => {
      const size = e.abs();
      const inner = size.minimum(delta);
      return { value: inner.mul(size.sub(inner.mul(0.5))), keep: { e } };
    },
    (upstream, { e }) => upstream.mul(e.clipByValue(-delta, delta)),
  );
}

/** The loss a regression may choose, with Huber's δ in the units of the residual. */
export type ResidualLoss =
  | { readonly name: 'squared' | 'absolute' }
  | { readonly name: 'huber'; readonly delta: number };

export function residualError(residual: tf.Tensor, loss: ResidualLoss): tf.Tensor {
  if (loss.name === 'huber') return huberError(residual, loss.delta);
  return loss.name === 'absolute' ? absoluteError(residual) : squaredError(residual);
}
