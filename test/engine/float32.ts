/** @file Numbers that cover float32, and float64 references of functions that `Math` lacks. */

/** Every power of two from the smallest subnormal on, both signs, 24 numbers an octave; fine steps where functions bend. */
export function wholeRange(): Float32Array {
  const values: number[] = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let i = 0; i < 24; i++) {
      bits[0] = (exponent << 23) | Math.floor(((i + ((exponent * 0.618) % 1)) / 24) * 2 ** 23);
      values.push(value[0] as number, -(value[0] as number));
    }
  }
  for (let x = -110; x <= 110; x += 0.0137) values.push(x);
  for (let x = -1.5; x <= 1.5; x += 0.00037) values.push(x);
  return Float32Array.from(values);
}

/** Float32 numbers in order, without a gap, from `first` upwards. */
export function neighbours(first: number, count: number): Float32Array {
  const bits = new Uint32Array(count);
  const start = new Uint32Array(Float32Array.of(first).buffer)[0] ?? 0;
  for (let i = 0; i < count; i++) bits[i] = first < 0 ? start - i : start + i;
  return new Float32Array(bits.buffer);
}

export function sigmoid(x: number): number {
  return x > 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Another way than the engine's: the Taylor series at 0, then Lentz's form of the continued fraction. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x) || size > 6) return Math.sign(x);
  if (size < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 120; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let [f, c, d] = [size, size, 0];
  for (let k = 1; k < 200; k++) {
    d = 1 / (size + (k / 2) * d);
    c = size + k / 2 / c;
    f *= c * d;
  }
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / f);
}

/** Largest |received - expected| / |expected|, what is at most `slack` away apart; infinite where kinds differ. */
export function worstRelative(
  xs: Float32Array,
  received: ArrayLike<number>,
  reference: (x: number) => number,
  slack: number,
): { readonly error: number; readonly at: number } {
  let [error, at] = [0, 0];
  xs.forEach((x, i) => {
    const [got, exact] = [received[i] as number, reference(x)];
    const rounded = Math.fround(exact);
    if (Object.is(got, rounded) || got === rounded || Math.abs(got - exact) <= slack) return;
    const comparable = Number.isFinite(got) && Number.isFinite(rounded);
    const off = comparable ? Math.abs(got - exact) / Math.abs(exact) : Number.POSITIVE_INFINITY;
    if (off > error) [error, at] = [off, x];
  });
  return { error, at };
}
