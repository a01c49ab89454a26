/** @file The logistic function in float64, and decisions by it: float32 activations saturate, these hardly do. */
import { at } from './arrays.js';

/** 1 / (1 + e^-x) with full relative precision on both sides; distinct for float32 logits from -745 to 36. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/**
 * 1 where `sigmoid(logit) > threshold`, else 0, for rows of one logit a threshold. Far from the logit where the two are
 * equal, a comparison of logits answers; near it, the probability itself does: tuning measured the threshold with that.
 */
export function decisions(logits: Float32Array, rows: number, thresholds: readonly number[]): Float64Array {
  const count = thresholds.length;
  // NaN for thresholds of 0 and 1 or outside: comparisons are then false, and the probability answers
  const cuts = Float64Array.from(thresholds, (threshold) => Math.log(threshold) - Math.log1p(-threshold));
  // Near 1 a probability is a multiple of 2^-53, so that many logits share one: the less 1 - p is, the more.
  const margins = cuts.map((cut, i) => 1e-3 * (1 + Math.abs(cut)) + 2 ** -51 / (1 - at(thresholds, i)));
  const decided = new Float64Array(rows * count);
  for (let start = 0; start < decided.length; start += count) {
    for (let i = 0; i < count; i++) {
      const logit = at(logits, start + i);
      const distance = logit - at(cuts, i);
      if (distance > at(margins, i)) decided[start + i] = 1;
      else if (!(distance < -at(margins, i))) decided[start + i] = sigmoid(logit) > at(thresholds, i) ? 1 : 0;
    }
  }
  return decided;
}
