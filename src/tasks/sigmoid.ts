/** @file The logistic function in float64, and decisions by it: float32 activations saturate, these hardly do. */

/** 1 / (1 + e^-x) with full relative precision on both sides; distinct for float32 logits from -745 to 36. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/**
 * Whether `sigmoid(logit) > threshold`, for many logits. Far from the logit where the two are equal, a comparison of
 * logits answers; near it, the probability itself does: tuning measured the threshold with that.
 */
export function decision(threshold: number): (logit: number) => boolean {
  const cut = Math.log(threshold) - Math.log1p(-threshold);
  // NaN for thresholds of 0 and 1 or outside: every comparison below is then false, and the probability answers
  const margin = 1e-3 * (1 + Math.abs(cut));
  const above = cut + margin;
  const below = cut - margin;
  return (logit) => {
    if (logit > above) return true;
    if (logit < below) return false;
    return sigmoid(logit) > threshold;
  };
}
