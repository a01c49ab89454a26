/** @file What presses units out: a penalty of the logits, added to the loss once a step, however many rows it has. */
import type { tf } from '../../tf.js';

export const penalties = ['sum', 'mean', 'expected'] as const;

/**
 * `sum` α·Σl, a push of the same strength for ever: the longer it trains, the fewer units are left. `mean` α·mean(l), the
 * same whatever the number of units. `expected` α·Σσ(l), the number of units that are kept on average: it no longer
 * presses what is out already.
 */
export type PenaltyKind = (typeof penalties)[number];

/**
 * @param logits `[units]` of the units that may be masked
 * @param alpha scalar
 * @returns scalar
 */
export function penaltyOf(kind: PenaltyKind, logits: tf.Tensor, alpha: tf.Tensor): tf.Scalar {
  const sums: Readonly<Record<PenaltyKind, () => tf.Tensor>> = {
    sum: () => logits.sum(),
    mean: () => logits.mean(),
    expected: () => logits.sigmoid().sum(),
  };
  return sums[kind]().mul(alpha) as tf.Scalar; // a sum over all, times a scalar
}
