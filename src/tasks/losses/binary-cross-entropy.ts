/** @file Binary cross-entropy from logits, elementwise: plain, weighted, focal. Any shapes that broadcast. */
import { tf } from '../../tf.js';
import { withGradient } from './with-gradient.js';

/**
 * ℓ = -y·log σ(x) - (1-y)·log(1-σ(x)) = max(x, 0) - x·y + log(1 + exp(-|x|)); ∂ℓ/∂x = σ(x) - y.
 * The form of TensorFlow's `sigmoid_cross_entropy_with_logits`: exact for any finite logit.
 */
export function binaryCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return withGradient(
    logits,
    (x) => ({ value: x.relu().sub(x.mul(targets)).add(softplusOfMinusAbs(x)), keep: { x, targets } }),
    (upstream, { x, targets }) => upstream.mul(x.sigmoid().sub(targets)),
  );
}

/**
 * ℓ = -a·log σ(x) - b·log(1-σ(x)), where a (`positive`) is the target times its weight and b (`negative`) the rest's;
 * ∂ℓ/∂x = (a + b)·σ(x) - a. PyTorch's `pos_weight` w is a = w·y, b = 1 - y.
 */
export function weightedBinaryCrossEntropy(logits: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor): tf.Tensor {
  return withGradient(
    logits,
    (x) => {
      const both = positive.add(negative);
      // -log σ(x) = max(-x, 0) + log(1 + exp(-|x|)) and -log(1-σ(x)) = max(x, 0) + the same
      const linear = positive.mul(x.neg().relu()).add(negative.mul(x.relu()));
      return { value: linear.add(both.mul(softplusOfMinusAbs(x))), keep: { x, positive, both } };
    },
    (upstream, { x, positive, both }) => upstream.mul(both.mul(x.sigmoid()).sub(positive)),
  );
}

/**
 * ℓ = -a·(1-p)^γ·log p - b·p^γ·log(1-p), p = σ(x): Lin et al. 2017, "Focal Loss for Dense Object Detection", eq. 5.
 * With s = -log p and t = -log(1-p), (1-p)^γ = exp(-γ·t), so no power of zero is ever taken;
 * ∂ℓ/∂x = -a·exp(-γ·t)·(γ·p·s + 1-p) + b·exp(-γ·s)·(γ·(1-p)·t + p).
 */
export function focalBinaryCrossEntropy(
  logits: tf.Tensor,
  positive: tf.Tensor,
  negative: tf.Tensor,
  gamma: number,
): tf.Tensor {
  return withGradient(
    logits,
    (x) => {
      const shared = softplusOfMinusAbs(x);
      const s = x.neg().relu().add(shared);
      const t = x.relu().add(shared);
      const hardPositive = positive.mul(t.mul(-gamma).exp());
      const hardNegative = negative.mul(s.mul(-gamma).exp());
      return { value: hardPositive.mul(s).add(hardNegative.mul(t)), keep: { x, s, t, hardPositive, hardNegative } };
    },
    (upstream, { x, s, t, hardPositive, hardNegative }) => {
      const p = x.sigmoid();
      const rest = x.neg().sigmoid();
      const up = hardNegative.mul(rest.mul(t).mul(gamma).add(p));
      const down = hardPositive.mul(p.mul(s).mul(gamma).add(rest));
      return upstream.mul(up.sub(down));
    },
  );
}

/**
 * log(1 + e) with e = exp(-|x|), in operations that every engine vectorises, which log1p and softplus are not. Where the
 * sum would lose e's digits, e itself is nearer: its relative error is e / 2.
 */
function softplusOfMinusAbs(x: tf.Tensor): tf.Tensor {
  const e = x.abs().neg().exp();
  return tf.where(e.less(3e-4), e, e.add(1).log());
}
