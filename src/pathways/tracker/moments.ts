/**
 * @file What batches of two representations add up to, and what that says of the two: CKA from sums of products, the mean
 * cosine from sums over rows. Sums are of float64, however many rows there are.
 */

/** Below this share of its mean square a variance is the rounding of float32 numbers: (1e-6)². */
const ROUNDING = 1e-12;

/** Σ over rows of x − s and of (x − s)(y − s)ᵀ, for a shift s: any number near the values. */
export interface Products {
  /** `[columns of x, columns of y]`, row-major. */
  readonly cross: Float64Array;
  /** `[columns]` each. */
  readonly sumX: Float64Array;
  readonly sumY: Float64Array;
}

/** Adds what a batch gives, element by element. */
export function addTo(sums: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (values[i] as number); // one length
}

/** ‖YᵀX‖² of centred columns: the shift has no part in it. */
export function alignmentOf({ cross, sumX, sumY }: Products, rows: number): number {
  let sum = 0;
  for (let i = 0; i < sumX.length; i++) {
    const mean = (sumX[i] as number) / rows; // within
    for (let j = 0; j < sumY.length; j++) {
      sum += ((cross[i * sumY.length + j] as number) - mean * (sumY[j] as number)) ** 2; // within
    }
  }
  return sum;
}

/**
 * Whether a representation is the same for all rows, as far as float32 can tell.
 *
 * @param own of the representation with itself
 * @param shift `[columns]`
 */
export function isConstant({ cross, sumX }: Products, shift: ArrayLike<number>, rows: number): boolean {
  let [variance, square] = [0, 0];
  for (let i = 0; i < sumX.length; i++) {
    const [sum, s] = [sumX[i] as number, Number(shift[i])]; // within both
    const own = cross[i * sumX.length + i] as number; // its diagonal
    variance += own - (sum * sum) / rows;
    square += own + 2 * s * sum + rows * s * s;
  }
  return !(variance > ROUNDING * square);
}

/** ‖YᵀX‖² / (‖XᵀX‖ · ‖YᵀY‖), from 0 to 1; see `linearCka`. Both vary. */
export function ckaOf(both: number, x: number, y: number): number {
  return Math.min(1, both / (Math.sqrt(x) * Math.sqrt(y)));
}

/** A mean of cosines over rows that have one. */
export interface CosineSum {
  total: number;
  counted: number;
  /** Rows of which either is 0 everywhere: they have no direction. */
  skipped: number;
}

export function addCosines(
  sum: CosineSum,
  rows: number,
  { dots, squaresX, squaresY }: Readonly<Record<'dots' | 'squaresX' | 'squaresY', ArrayLike<number>>>,
): void {
  for (let row = 0; row < rows; row++) {
    const [x, y] = [Number(squaresX[row]), Number(squaresY[row])];
    if (x === 0 || y === 0) {
      sum.skipped++;
      continue;
    }
    sum.total += within(Number(dots[row]) / (Math.sqrt(x) * Math.sqrt(y)));
    sum.counted++;
  }
}

/** The cosine of two lists of numbers, from -1 to 1; null where either is 0 everywhere. */
export function cosineOf(x: Iterable<ArrayLike<number>>, y: Iterable<ArrayLike<number>>): number | null {
  let [dot, squareX, squareY] = [0, 0, 0];
  const others = y[Symbol.iterator]();
  for (const own of x) {
    const other = others.next();
    if (other.done === true || other.value.length !== own.length) throw new Error('two lists of other lengths');
    for (let i = 0; i < own.length; i++) {
      const [a, b] = [Number(own[i]), Number(other.value[i])];
      dot += a * b;
      squareX += a * a;
      squareY += b * b;
    }
  }
  return squareX > 0 && squareY > 0 ? within(dot / (Math.sqrt(squareX) * Math.sqrt(squareY))) : null;
}

/** A cosine that rounding has not pushed over an end. NaN stays NaN. */
const within = (cosine: number): number => Math.max(-1, Math.min(1, cosine));
