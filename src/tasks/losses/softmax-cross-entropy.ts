/** @file Softmax cross-entropy from logits against soft targets: plain (weighted by the targets) and focal. */
import { tf } from '../../tf.js';
import { withGradient } from './with-gradient.js';

/**
 * ℓ = -Σ_c t_c·log softmax(x)_c over the last axis, which stays with size 1: `[..., classes]` -> `[..., 1]`.
 * ∂ℓ/∂x = softmax(x)·Σt - t. The targets need not sum to 1: class weights are folded into them.
 */
export function softmaxCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return withGradient(
    logits,
    (x) => {
      const logp = logSoftmax(x);
      return { value: targets.mul(logp).sum(-1, true).neg(), keep: { logp, targets } };
    },
    (upstream, { logp, targets }) => upstream.mul(logp.exp().mul(targets.sum(-1, true)).sub(targets)),
  );
}

/**
 * ℓ = -Σ_c t_c·(1-p_c)^γ·log p_c, p = softmax(x): `[..., classes]` -> `[..., 1]`. Lin et al. 2017, eq. 4, over classes.
 * With g_c = γ·(1-p_c)^(γ-1)·p_c·log p_c - (1-p_c)^γ, ∂ℓ/∂x = t·g - p·Σ(t·g). Below γ = 1 the power has a pole at
 * p = 1, where log p cancels it; 1-p is held above float32's resolution so that the product stays near its limit, 0.
 */
export function focalSoftmaxCrossEntropy(logits: tf.Tensor, targets: tf.Tensor, gamma: number): tf.Tensor {
  return withGradient(
    logits,
    (x) => {
      const logp = logSoftmax(x);
      const p = logp.exp();
      const rest = tf.sub(1, p).maximum(RESOLUTION);
      return { value: targets.mul(rest.pow(gamma)).mul(logp).sum(-1, true).neg(), keep: { p, logp, rest, targets } };
    },
    (upstream, { p, logp, rest, targets }) => {
      const slope = rest.pow(gamma - 1).mul(p.mul(logp).mul(gamma).sub(rest));
      const pull = targets.mul(slope);
      return upstream.mul(pull.sub(p.mul(pull.sum(-1, true))));
    },
  );
}

const RESOLUTION = 1e-7;

/** x - max x - log Σ exp(x - max x), over the last axis. */
function logSoftmax(x: tf.Tensor): tf.Tensor {
  const shifted = x.sub(x.max(-1, true));
  return shifted.sub(shifted.exp().sum(-1, true).log());
}
