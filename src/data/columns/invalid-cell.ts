/** @file The errors about a cell of a column, and about what a file says that a column has learnt. */
import { HeadgateError, show } from '../../errors.js';

export interface CellComplaint {
  readonly problem: string;
  readonly expected: string;
  readonly mend: string;
}

/** The error for a cell that a kind of column cannot read. */
export function invalidCell(cell: unknown, where: () => string, complaint: CellComplaint): HeadgateError {
  return new HeadgateError({ code: 'INVALID_INPUT', path: where(), received: show(cell), ...complaint });
}

/** The error for a missing cell of a column that was declared with `missing: 'refuse'`. */
export function refusedMissing(where: () => string): HeadgateError {
  return invalidCell(null, where, {
    problem: 'A value of an input is missing, and the column was declared with missing: "refuse".',
    expected: 'a value in every row',
    mend: 'Leave such rows out with table.filter, or let missing values be imputed: missing: "indicate".',
  });
}

export function invalidLearnt(kind: string, received: unknown, expected: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_FLOW',
    path: kind,
    problem: 'This is not what a column of this kind learns.',
    expected,
    received: show(received),
    mend: 'Save the model again with this version of Headgate.',
  });
}
