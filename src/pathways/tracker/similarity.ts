/** @file Linear centred kernel alignment: how alike two layers see the same samples, whatever their widths. */
import { HeadgateError } from '../../errors.js';
import { type Matrix, requireMatrix } from '../matrix.js';

/**
 * ‖YᵀX‖² / (‖XᵀX‖ · ‖YᵀY‖) of centred columns, from 0 to 1 (Kornblith et al., "Similarity of neural network
 * representations revisited", ICML 2019). It overrates what few samples of many units have in common: see `createCka`.
 *
 * @param x `[samples, units]`
 * @param y the same samples, in the same order; its units may be of another number
 * @returns null where either is the same for all samples
 * @throws HeadgateError `LENGTH_MISMATCH`
 */
export function linearCka(x: Matrix, y: Matrix): number | null {
  requireSamples(x, y);
  const [a, b] = [centred(x), centred(y)];
  return ratio(alignment(a, b), alignment(a, a), alignment(b, b));
}

export interface Cka {
  /** Adds a batch: activations of the same samples, at least 4. @throws HeadgateError `LENGTH_MISMATCH`, `EMPTY_DATASET` */
  readonly add: (x: Matrix, y: Matrix) => void;
  /** From about 0 (or a little below, by chance) to 1; null before the first batch, and where either never varies. */
  readonly value: () => number | null;
}

/**
 * Linear CKA over batches: each of its three terms is the mean of an unbiased estimate of HSIC (Song et al., "Feature
 * selection via dependence maximization", JMLR 2012, equation 5), as Nguyen, Raghu and Kornblith do ("Do wide and deep
 * networks learn the same things?", ICLR 2021). The expected value of a term does not depend on the size of the batches.
 */
export function createCka(): Cka {
  const sums = { xy: 0, xx: 0, yy: 0 };
  let batches = 0;
  return {
    add: (x, y) => {
      requireSamples(x, y);
      requireFour(x.rows);
      const [k, l] = [gramOf(centred(x)), gramOf(centred(y))];
      sums.xy += unbiasedHsic(k, l, x.rows);
      sums.xx += unbiasedHsic(k, k, x.rows);
      sums.yy += unbiasedHsic(l, l, x.rows);
      batches++;
    },
    value: () => (batches === 0 ? null : ratio(sums.xy, sums.xx, sums.yy)),
  };
}

/** The unbiased CKA of one batch. See `createCka`. @throws HeadgateError `LENGTH_MISMATCH`, `EMPTY_DATASET` */
export function unbiasedCka(x: Matrix, y: Matrix): number | null {
  const cka = createCka();
  cka.add(x, y);
  return cka.value();
}

/**
 * (tr(K̃L̃) + 1ᵀK̃1·1ᵀL̃1 / ((n−1)(n−2)) − 2/(n−2) · 1ᵀK̃L̃1) / (n(n−3)), where K̃ and L̃ are the Gram matrices with a
 * diagonal of 0. Centring the columns beforehand changes nothing but the rounding.
 */
function unbiasedHsic(k: Float64Array, l: Float64Array, n: number): number {
  let trace = 0;
  let [totalK, totalL, both] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    let [rowK, rowL] = [0, 0];
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const [a, b] = [k[i * n + j] as number, l[i * n + j] as number]; // n² each
      trace += a * b;
      rowK += a;
      rowL += b;
    }
    totalK += rowK;
    totalL += rowL;
    both += rowK * rowL; // symmetric: the sum of a row is that of a column
  }
  return (trace + (totalK * totalL) / ((n - 1) * (n - 2)) - (2 * both) / (n - 2)) / (n * (n - 3));
}

interface Centred {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Deviations from the columns' means. From the first row first, which is exact: a constant column is 0 everywhere. */
function centred({ rows, columns, data }: Matrix): Centred {
  const deviations = Float64Array.from(data, (value, i) => value - (data[i % columns] as number)); // of the first row
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let i = column; i < deviations.length; i += columns) sum += deviations[i] as number; // within
    for (let i = column; i < deviations.length; i += columns) {
      deviations[i] = (deviations[i] as number) - sum / rows; // within
    }
  }
  return { rows, columns, data: deviations };
}

/** ‖YᵀX‖², by the smaller of the two ways: units by units, or samples by samples. */
function alignment(x: Centred, y: Centred): number {
  if (x.rows * x.rows > x.columns * y.columns) {
    const cross = crossProduct(x, y);
    return sumOfProducts(cross, cross);
  }
  return sumOfProducts(gramOf(x), gramOf(y));
}

/** YᵀX, row by row of the samples. */
function crossProduct(x: Centred, y: Centred): Float64Array {
  const cross = new Float64Array(x.columns * y.columns);
  for (let row = 0; row < x.rows; row++) {
    for (let i = 0; i < y.columns; i++) {
      const factor = y.data[row * y.columns + i] as number; // within
      for (let j = 0; j < x.columns; j++) {
        const place = i * x.columns + j;
        cross[place] = (cross[place] as number) + factor * (x.data[row * x.columns + j] as number); // within both
      }
    }
  }
  return cross;
}

/** XXᵀ, `rows²` numbers. */
function gramOf({ rows, columns, data }: Centred): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let column = 0; column < columns; column++) {
        sum += (data[i * columns + column] as number) * (data[j * columns + column] as number); // within
      }
      gram[i * rows + j] = sum;
      gram[j * rows + i] = sum;
    }
  }
  return gram;
}

function sumOfProducts(k: Float64Array, l: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < k.length; i++) sum += (k[i] as number) * (l[i] as number); // one length
  return sum;
}

function ratio(xy: number, xx: number, yy: number): number | null {
  return xx > 0 && yy > 0 ? xy / (Math.sqrt(xx) * Math.sqrt(yy)) : null;
}

function requireSamples(x: Matrix, y: Matrix): void {
  requireMatrix('x', x);
  requireMatrix('y', y);
  if (x.rows === y.rows) return;
  throw new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path: 'y',
    problem: 'the two are not of the same samples',
    expected: `${x.rows} rows`,
    received: `${y.rows} rows`,
  });
}

function requireFour(rows: number): void {
  if (rows >= 4) return;
  throw new HeadgateError({
    code: 'EMPTY_DATASET',
    path: 'x',
    problem: 'an unbiased estimate needs more samples',
    expected: 'at least 4',
    received: String(rows),
  });
}
