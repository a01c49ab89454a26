/** @file Checking the numbers a user gives. */
import { HeadgateError, show } from '../../errors.js';

/** Throws `INVALID_OPTIONS` unless `value` is a finite number that passes, or a function (a schedule). */
export function requireNumber(path: string, value: unknown, accepts: (x: number) => boolean, expected: string): void {
  if (typeof value === 'function') return;
  if (typeof value === 'number' && Number.isFinite(value) && accepts(value)) return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path,
    problem: 'this option does not fit',
    expected,
    received: show(value),
  });
}
