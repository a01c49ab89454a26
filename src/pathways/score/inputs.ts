/** @file What the inputs of a layer are like on average: one number an input, never one a weight and sample. */
import { HeadgateError } from '../../errors.js';
import { type Matrix, requireMatrix } from '../matrix.js';

/**
 * Sums over samples. Two of them add up to that of all samples together; means are taken when they are asked for, so that
 * they are true means however many samples there were.
 */
export interface InputStatistics {
  /** Samples. */
  readonly count: number;
  /** Σ x, `[inputs]`. */
  readonly sum: Float64Array;
  /** Σ |x|, `[inputs]`. */
  readonly sumAbsolute: Float64Array;
  /** Σ x², `[inputs]`. */
  readonly sumSquare: Float64Array;
}

/** @param inputs `[samples, inputs]`: what the layer reads @throws HeadgateError `LENGTH_MISMATCH` */
export function inputStatistics(inputs: Matrix): InputStatistics {
  requireMatrix('inputs', inputs);
  const { rows, columns, data } = inputs;
  const sum = new Float64Array(columns);
  const sumAbsolute = new Float64Array(columns);
  const sumSquare = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // Places are within the rows, and each sum is as long as a row.
      const x = data[row * columns + column] as number;
      sum[column] = (sum[column] as number) + x;
      sumAbsolute[column] = (sumAbsolute[column] as number) + Math.abs(x);
      sumSquare[column] = (sumSquare[column] as number) + x * x;
    }
  }
  return { count: rows, sum, sumAbsolute, sumSquare };
}

/** Of the samples of both. @throws HeadgateError `LENGTH_MISMATCH` for other numbers of inputs */
export function addedStatistics(a: InputStatistics, b: InputStatistics): InputStatistics {
  if (a.sum.length !== b.sum.length) throw mismatch('statistics', a.sum.length, b.sum.length);
  const added = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + (y[i] as number)); // one length
  return {
    count: a.count + b.count,
    sum: added(a.sum, b.sum),
    sumAbsolute: added(a.sumAbsolute, b.sumAbsolute),
    sumSquare: added(a.sumSquare, b.sumSquare),
  };
}

/** A mean, one an input. @throws HeadgateError `EMPTY_DATASET` without samples */
export function meanOf({ count }: InputStatistics, sums: Float64Array): Float64Array {
  if (count > 0) return sums.map((sum) => sum / count);
  throw new HeadgateError({
    code: 'EMPTY_DATASET',
    path: 'statistics',
    problem: 'there are no samples to take a mean over',
    expected: 'at least one',
  });
}

export function mismatch(path: string, expected: number, received: number): HeadgateError {
  return new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path,
    problem: 'there is not one number for each input',
    expected: `${expected} inputs`,
    received: `${received} inputs`,
  });
}
