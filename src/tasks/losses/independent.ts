/** @file The loss of independent yes/no elements, shared by `binary` and `multilabel`: options -> key and function. */
import type { Json } from '../../flow/graph.js';
import { group, number, optional } from '../../options.js';
import { tf } from '../../tf.js';
import { binaryCrossEntropy, focalBinaryCrossEntropy, weightedBinaryCrossEntropy } from './binary-cross-entropy.js';

/** Options of the focal loss: γ lowers the weight of easy elements; α weighs positives, 1-α negatives. */
export const focalOptions = optional(
  group({ gamma: number({ least: 0 }), alpha: optional(number({ above: 0, below: 1 })) }),
);

export interface IndependentLossOptions {
  /** One for all, or one per element. */
  readonly positiveWeight: number | readonly number[] | undefined;
  readonly labelSmoothing: number;
  readonly focal: { readonly gamma: number; readonly alpha?: number | undefined } | undefined;
}

export interface IndependentLoss {
  /** Equal exactly when the losses are equal. */
  readonly key: Json;
  /** logits and targets `[..., elements]` -> `[..., elements]` */
  readonly loss: (logits: tf.Tensor, targets: tf.Tensor) => tf.Tensor;
}

/**
 * Targets y ∈ {0, 1} are smoothed to y·(1-s) + s/2 (Szegedy et al. 2016, with two classes); the positive part is
 * multiplied by w (and α), the negative by 1 (or 1-α).
 */
export function independentLoss(options: IndependentLossOptions): IndependentLoss {
  const { labelSmoothing: s, focal } = options;
  const positive = positiveFactor(options.positiveWeight, focal?.alpha ?? 1);
  const negative = focal?.alpha === undefined ? 1 : 1 - focal.alpha;
  const smoothed = (y: tf.Tensor): tf.Tensor => (s === 0 ? y : y.mul(1 - s).add(s / 2));
  const key = { positive, negative, smoothing: s, gamma: focal?.gamma ?? 0 };
  if (key.gamma === 0 && positive === 1 && negative === 1) {
    return { key, loss: (logits, targets) => binaryCrossEntropy(logits, smoothed(targets)) };
  }
  return {
    key,
    loss: (logits, targets) => {
      const y = smoothed(targets);
      const a = y.mul(typeof positive === 'number' ? positive : tf.tensor1d([...positive]));
      const b = tf.sub(1, y).mul(negative);
      if (key.gamma === 0) return weightedBinaryCrossEntropy(logits, a, b);
      return focalBinaryCrossEntropy(logits, a, b, key.gamma);
    },
  };
}

function positiveFactor(weight: number | readonly number[] | undefined, alpha: number): number | readonly number[] {
  if (weight === undefined) return alpha;
  return typeof weight === 'number' ? weight * alpha : weight.map((w) => w * alpha);
}
