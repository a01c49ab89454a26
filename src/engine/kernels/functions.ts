/** @file Functions of numbers in float64, for kernels that tfjs has too coarse or otherwise wrong. */

/** e^x - 1 below 0 (Clevert, Unterthiner, Hochreiter, 2015). tfjs subtracts, and loses everything near 0. */
export function elu(x: number): number {
  return x >= 0 ? x : Math.expm1(x);
}

/** The two slopes of Klambauer et al., 2017. */
export function selu(x: number): number {
  return x >= 0 ? SELU_SCALE * x : SELU_SCALE * SELU_ALPHA * Math.expm1(x);
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** 2/√π ∫₀ˣ e^-t² dt: its series (Abramowitz and Stegun, 7.1.6) near 0, its continued fraction (7.1.14) far from it. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  if (size < 2) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (size + fraction));
}

/** As IEEE 754 and C have it, and every other engine: 1 to any power is 1, and so is -1 to an infinite one. */
export function pow(base: number, exponent: number): number {
  return base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) ? 1 : base ** exponent;
}

/** Remainder with the sign of the divisor. tfjs takes it twice, and loses one that is small against the divisor. */
export function floorMod(a: number, b: number): number {
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder;
}

/** The larger of two, NaN if one of them is. */
export const maximum = (a: number, b: number): number => Math.max(a, b);
export const minimum = (a: number, b: number): number => Math.min(a, b);
export const relu = (x: number): number => Math.max(0, x);
export const relu6 = (x: number): number => Math.min(6, Math.max(0, x));
export const prelu = (x: number, alpha: number): number => (x < 0 ? alpha * x : x);
/** -1, 0 or 1; NaN has no sign. */
export const sign = (x: number): number => (x < 0 ? -1 : x > 0 ? 1 : 0);
