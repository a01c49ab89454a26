/** @file How parameters are pulled to 0: L1 and L2, coupled (part of the gradient) and decoupled (apart from it). */
import type { tf } from '../../tf.js';

/** The strength of each pull; 0 is none. */
export interface Shrinkage<Strength> {
  /**
   * Coupled L1: gradient += l1 × sign(parameter), the gradient of l1 × Σ|parameter| (0 at 0). Through the moments, and
   * in Adam scaled by the second, so parameters hover around 0.
   */
  readonly l1: Strength;
  /** Coupled L2: gradient += l2 × parameter, the gradient of l2 / 2 × Σ parameter². */
  readonly l2: Strength;
  /**
   * Decoupled L1: after the step each parameter moves by rate × l1Decay towards 0 and stops there, at exactly 0 (the
   * proximal step of l1Decay × Σ|parameter|: soft thresholding).
   */
  readonly l1Decay: Strength;
  /**
   * L2 by the optimizer's tradition: of Adam and AdamW decoupled, parameter -= rate × weightDecay × parameter; of `sgd`
   * coupled, unless it is told `decoupledWeightDecay`.
   */
  readonly weightDecay: Strength;
}

/** A number, or one at the gate's shape. */
export type Strength = number | tf.Tensor;

/** The least normal float32: below it, and at 0, what stands for the sign is less than 1. */
const LEAST = 2 ** -126;

/** As a quotient: a compiled step's sweep divides, and has no sign. */
function signOf(value: tf.Tensor): tf.Tensor {
  return value.div(value.abs().maximum(LEAST));
}

/** The gradient with coupled L1 and L2; as it was where the gate is closed. */
export function withCoupled(
  gradient: tf.Tensor,
  parameter: tf.Tensor,
  gate: tf.Tensor,
  { l1, l2 }: { readonly l1: Strength; readonly l2: Strength },
): tf.Tensor {
  const ridge = l2 === 0 ? gradient : gradient.add(parameter.mul(gate.mul(l2)));
  return l1 === 0 ? ridge : ridge.add(signOf(parameter).mul(gate.mul(l1)));
}

/** Decoupled L2, before the step (Loshchilov & Hutter, ICLR 2019): parameter × (1 - rate × decay). */
export function decayed(parameter: tf.Tensor, rate: tf.Tensor, decay: Strength): tf.Tensor {
  if (decay === 0) return parameter;
  return parameter.mul(rate.mul(typeof decay === 'number' ? -decay : decay.neg()).add(1));
}

/**
 * Decoupled L1, after the step: sign(x) × max(|x| - t, 0) with t = rate × decay, the forward-backward step of Duchi &
 * Singer (JMLR 2009). As AdamW's decay it does not know of the second moment. Exactly x where the rate is 0.
 */
export function softThresholded(value: tf.Tensor, rate: tf.Tensor, decay: Strength): tf.Tensor {
  if (decay === 0) return value;
  const threshold = rate.mul(decay);
  return value.sub(value.minimum(threshold).maximum(threshold.neg()));
}
