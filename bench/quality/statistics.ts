/** @file Means with 95 % intervals by Student's t, and differences paired by seed. */

export interface Estimate {
  readonly mean: number;
  /** Half of the 95 % interval; null for fewer than two values. */
  readonly halfWidth: number | null;
  readonly count: number;
}

/** Mean ± t(0.975, n - 1) s / √n. Null without values. */
export function estimate(values: readonly number[]): Estimate | null {
  const count = values.length;
  if (count === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, halfWidth: null, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, halfWidth: studentQuantile(0.975, count - 1) * Math.sqrt(variance / count), count };
}

/** Of a[i] - b[i], over the seeds at which both have a value. */
export function pairedDifference(a: readonly (number | null)[], b: readonly (number | null)[]): Estimate | null {
  const differences = a.flatMap((value, i) => {
    const other = b[i] ?? null;
    return value === null || other === null ? [] : [value - other];
  });
  return estimate(differences);
}

/** Whether the interval leaves 0 out, and on which side: 0 where it does not. */
export function clearSign(difference: Estimate | null): -1 | 0 | 1 {
  if (difference === null || difference.halfWidth === null) return 0;
  if (Math.abs(difference.mean) <= difference.halfWidth) return 0;
  return difference.mean < 0 ? -1 : 1;
}

/** The value that Student's t with `freedom` degrees does not exceed with this probability (½…1), by bisection. */
export function studentQuantile(probability: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (studentProbability(high, freedom) < probability) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentProbability(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0: 1 - I(ν / (ν + t²); ν/2, ½) / 2. Abramowitz and Stegun 26.7.1. */
function studentProbability(t: number, freedom: number): number {
  return 1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}

/** The regularised incomplete beta function, by the continued fraction of Abramowitz and Stegun 26.5.8. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // the fraction converges fast below the mean of the distribution; the rest is by symmetry
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let fraction = 1;
  for (let i = 200; i >= 1; i--) {
    const m = Math.floor(i / 2);
    const term =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    fraction = 1 + term / fraction;
  }
  return front / fraction;
}

/** ln Γ(x) for x > 0: Stirling's series (Abramowitz and Stegun 6.1.41), from where it is exact to float64. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 15; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
