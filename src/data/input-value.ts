/** @file A number that an input reads, or the error that says why it cannot. */
import { HeadgateError, show } from '../errors.js';

/** A number that float32 holds. Throws `INVALID_INPUT`. */
export function finite(value: unknown, path: () => string, column: string): number {
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(Math.fround(number))) return number;
  throw invalidInput(path(), value, column);
}

export function invalidInput(path: string, value: unknown, column: string): HeadgateError {
  const name = show(column);
  const isAbsent = value === null || value === undefined || Number.isNaN(value);
  const mend = isAbsent
    ? `Leave such rows out (table.filter((row) => row[${name}] !== null)) or fill the value (table.derive(${name}, …)).`
    : `Make it a finite number first: table.derive(${name}, (row) => …).`;
  return new HeadgateError({
    code: 'INVALID_INPUT',
    path,
    problem: isAbsent ? 'A value of an input is missing.' : 'The network cannot read this value.',
    expected: 'finite numbers within the range of float32; booleans count as 0 and 1',
    received: show(value),
    mend,
  });
}
