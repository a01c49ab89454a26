/** @file One step of a truth plan on a block of rows: loops over bytes, for truths and for ranges of truths. */
import type { ElementTest } from './declaration.js';
import type { Step } from './truth-plan.js';

/** Encoded values of all tasks, row-major. */
export interface ValueColumns {
  readonly rows: number;
  /** Elements in one row. */
  readonly width: number;
  /** `[rows, width]` */
  readonly values: Float64Array;
  /** `[rows, width]`, 1 where the element is known; null when everything is. */
  readonly present: Uint8Array | null;
  /** First element of a task within a row. */
  readonly offsetOf: (path: string) => number;
}

/** Ordered so that `and` is the minimum, `or` the maximum and `not` the distance from true. */
export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;

/** Evaluates a step on rows `start` to `start + count` into `into`. */
export function run(
  step: Step,
  buffers: readonly Uint8Array[],
  into: Uint8Array,
  columns: ValueColumns,
  start: number,
  count: number,
): void {
  const register = (index: number): Uint8Array => buffers[index] as Uint8Array;
  switch (step.type) {
    case 'always':
      into.fill(TRUE);
      return;
    case 'not':
      negate(register(step.of), into, count);
      return;
    case 'and':
    case 'or':
      join(step.type, step.of.map(register), into, count);
      return;
    case 'test': {
      const at = test(step, into, columns, start, count);
      if (columns.present !== null) keepPresent(columns.present, columns.width, at, into, count);
      keepApplied(register(step.applied), into, count);
    }
  }
}

/** The answers as if every value were known and every task applied; returns the first row's element. */
function test(
  step: Extract<Step, { readonly type: 'test' }>,
  into: Uint8Array,
  columns: ValueColumns,
  start: number,
  count: number,
): number {
  const at = start * columns.width + step.offset + step.test.element;
  if ('oneOf' in step.test) testMembers(columns, at, step.test.oneOf, into, count);
  else testBounds(columns, at, step.test, into, count);
  return at;
}

function join(type: 'and' | 'or', parts: readonly Uint8Array[], into: Uint8Array, count: number): void {
  into.fill(type === 'and' ? TRUE : FALSE);
  for (const part of parts) (type === 'and' ? least : greatest)(part, into, count);
}

/** Least and greatest truth that a condition can have, whatever the missing labels are. */
export interface Range {
  readonly least: Uint8Array;
  readonly greatest: Uint8Array;
}

/** As `run`, for ranges. */
export function runRange(
  step: Step,
  ranges: readonly Range[],
  into: Range,
  columns: ValueColumns,
  start: number,
  count: number,
): void {
  const range = (index: number): Range => ranges[index] as Range;
  const parts = (of: readonly number[], end: keyof Range): readonly Uint8Array[] => of.map((part) => range(part)[end]);
  switch (step.type) {
    case 'always':
      into.least.fill(TRUE);
      into.greatest.fill(TRUE);
      return;
    case 'not':
      negate(range(step.of).greatest, into.least, count);
      negate(range(step.of).least, into.greatest, count);
      return;
    case 'and':
    case 'or':
      join(step.type, parts(step.of, 'least'), into.least, count);
      join(step.type, parts(step.of, 'greatest'), into.greatest, count);
      return;
    case 'test':
      testRange(step, range(step.applied), into, columns, start, count);
  }
}

/** A missing label may answer yes or no; a task that may not apply may leave the question without an answer. */
function testRange(
  step: Extract<Step, { readonly type: 'test' }>,
  applied: Range,
  { least, greatest }: Range,
  columns: ValueColumns,
  start: number,
  count: number,
): void {
  const first = test(step, least, columns, start, count);
  for (let row = 0, element = first; row < count; row++, element += columns.width) {
    greatest[row] = least[row] as number;
    if (columns.present !== null && columns.present[element] === 0) {
      least[row] = FALSE;
      greatest[row] = TRUE;
    }
    const mayApply = applied.greatest[row] === TRUE;
    const applies = applied.least[row] === TRUE;
    if (!mayApply) {
      least[row] = UNKNOWN;
      greatest[row] = UNKNOWN;
    } else if (!applies) {
      least[row] = Math.min(UNKNOWN, least[row] as number);
      greatest[row] = Math.max(UNKNOWN, greatest[row] as number);
    }
  }
}

function negate(of: Uint8Array, into: Uint8Array, count: number): void {
  for (let row = 0; row < count; row++) into[row] = TRUE - (of[row] as number);
}

function least(part: Uint8Array, into: Uint8Array, count: number): void {
  for (let row = 0; row < count; row++)
    if ((part[row] as number) < (into[row] as number)) into[row] = part[row] as number;
}

function greatest(part: Uint8Array, into: Uint8Array, count: number): void {
  for (let row = 0; row < count; row++)
    if ((part[row] as number) > (into[row] as number)) into[row] = part[row] as number;
}

/** The answer as if every value were known; `at` is the first row's element. */
function testMembers(
  { values, width }: ValueColumns,
  at: number,
  members: readonly number[],
  into: Uint8Array,
  count: number,
): void {
  into.fill(FALSE);
  for (const member of members) {
    for (let row = 0, element = at; row < count; row++, element += width)
      if (values[element] === member) into[row] = TRUE;
  }
}

function testBounds(
  { values, width }: ValueColumns,
  at: number,
  {
    above = Number.NEGATIVE_INFINITY,
    below = Number.POSITIVE_INFINITY,
  }: Extract<ElementTest, { readonly above?: number }>,
  into: Uint8Array,
  count: number,
): void {
  for (let row = 0, element = at; row < count; row++, element += width) {
    const value = values[element] as number;
    into[row] = value > above && value < below ? TRUE : FALSE;
  }
}

function keepPresent(present: Uint8Array, width: number, at: number, into: Uint8Array, count: number): void {
  for (let row = 0, element = at; row < count; row++, element += width) if (present[element] === 0) into[row] = UNKNOWN;
}

function keepApplied(applied: Uint8Array, into: Uint8Array, count: number): void {
  for (let row = 0; row < count; row++) if (applied[row] !== TRUE) into[row] = UNKNOWN;
}
