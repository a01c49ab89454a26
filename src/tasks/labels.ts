/** @file What every kind's `encode` shares: what is missing, and the errors for a label that is wrong. */
import { HeadgateError, show } from '../errors.js';
import { meaningOf } from './cell-text.js';
import type { LabelCell } from './kind.js';

/** Rule 3: `null`, `undefined` and NaN are missing; no number stands for missing. */
export function isMissing(label: unknown): boolean {
  return label === null || label === undefined || Number.isNaN(label);
}

export function writeElement(cell: LabelCell, element: number, value: number): void {
  cell.values[cell.offset + element] = value;
  cell.present[cell.offset + element] = 1;
}

export interface LabelComplaint {
  readonly problem: string;
  readonly expected: string;
  readonly mend?: string;
}

export function invalidLabel(label: unknown, where: () => string, complaint: LabelComplaint): HeadgateError {
  return new HeadgateError({ code: 'INVALID_LABEL', path: where(), received: show(label), ...complaint });
}

/**
 * A number, or the text of one, that float32 can hold once it is in units of the loss: `(label - offset) * scale`, in
 * float64. Throws `INVALID_LABEL`.
 */
export function finiteLabel(label: unknown, where: () => string, target = { offset: 0, scale: 1 }): number {
  const value = meaningOf(label);
  if (typeof value === 'number' && Number.isFinite(Math.fround((value - target.offset) * target.scale))) return value;
  throw invalidLabel(label, where, {
    problem: 'A label of a regression must be a finite number, in units of the loss within the range of float32.',
    expected: 'a finite number, or null where the label is missing',
    mend: typeof value === 'number' ? 'Use null where the value is not known.' : 'Turn it into a number first.',
  });
}

/** 0 or 1 from a boolean, 0 or 1; undefined for anything else. Strings are not guessed at. */
export function bit(label: unknown): 0 | 1 | undefined {
  if (label === true || label === 1) return 1;
  if (label === false || label === 0) return 0;
  return undefined;
}
