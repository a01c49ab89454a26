/** @file A matrix of rows: activations, a row a sample and a column a unit. */
import { HeadgateError } from '../errors.js';

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major, `rows * columns` numbers. */
  readonly data: Float32Array;
}

/** @throws HeadgateError `LENGTH_MISMATCH` at `path` unless there is one number for each place */
export function requireMatrix(path: string, { rows, columns, data }: Matrix): void {
  if (data.length === rows * columns) return;
  throw new HeadgateError({
    code: 'LENGTH_MISMATCH',
    path,
    problem: 'there is not one number for each row and column',
    expected: `${rows} · ${columns} numbers`,
    received: `${data.length} numbers`,
  });
}
