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
  /** First element of a task within a row: of its first position, whose elements those of the others follow. */
  readonly offsetOf: (path: string) => number;
  /** Of a task whose axes are shorter in some rows: 1 where a row has the position, `[rows, positions]`; null of others. */
  readonly thereOf?: ((path: string) => Uint8Array | null) | undefined;
}

/** Ordered so that `and` is the minimum, `or` the maximum and `not` the distance from true. */
export const FALSE = 0;
export const UNKNOWN = 1;
export const TRUE = 2;

/**
 * Evaluates a step on rows `start` to `start + count` into `into`: a truth for each position of each row, row by row.
 * A register may be longer than these rows are.
 */
export function run(
  step: Step,
  buffers: readonly Uint8Array[],
  into: Uint8Array,
  columns: ValueColumns,
  start: number,
  count: number,
): void {
  const register = (index: number): Uint8Array => buffers[index] as Uint8Array;
  const truths = count * step.positions;
  switch (step.type) {
    case 'always':
      into.fill(TRUE);
      return;
    case 'not':
      negate(register(step.of), into, truths);
      return;
    case 'spread':
      spread(register(step.of), into, step.factor, truths);
      return;
    case 'there':
      seeThere(columns, step, into, start, truths);
      return;
    case 'and':
    case 'or':
      join(step.type, step.of.map(register), into, truths);
      return;
    case 'test':
      for (const stretch of stretches(step, columns, start, count)) {
        test(step, into, columns, stretch);
        if (columns.present !== null) keepPresent(columns.present, stretch, into);
      }
      keepApplied(register(step.applied), into, truths);
  }
}

type TestStep = Extract<Step, { readonly type: 'test' }>;

/** Truths that follow each other, of elements that lie equally far apart. */
interface Stretch {
  /** Place of the first truth, and their number. */
  readonly first: number;
  readonly count: number;
  /** Element of the first, and elements from one to the next. */
  readonly element: number;
  readonly step: number;
}

/** One for all rows of a task with one answer a row; else one a row. */
function stretches(step: TestStep, { width }: ValueColumns, start: number, count: number): readonly Stretch[] {
  const element = start * width + step.offset + step.test.element;
  const { positions } = step;
  if (positions === 1) return [{ first: 0, count, element, step: width }];
  return Array.from({ length: count }, (_, row) => {
    return { first: row * positions, count: positions, element: element + row * width, step: step.width };
  });
}

/** The answers as if every value were known and every task applied. */
function test(step: TestStep, into: Uint8Array, { values }: ValueColumns, stretch: Stretch): void {
  if ('oneOf' in step.test) testMembers(values, stretch, step.test.oneOf, into);
  else testBounds(values, stretch, step.test, into);
}

function join(type: 'and' | 'or', parts: readonly Uint8Array[], into: Uint8Array, count: number): void {
  into.fill(type === 'and' ? TRUE : FALSE);
  for (const part of parts) (type === 'and' ? least : greatest)(part, into, count);
}

function spread(of: Uint8Array, into: Uint8Array, factor: number, truths: number): void {
  for (let i = 0, at = 0; at < truths; i++, at += factor) into.fill(of[i] as number, at, at + factor);
}

/** Where a row has no such position, a task is known not to apply. */
function seeThere(
  { thereOf }: ValueColumns,
  { path, positions }: Extract<Step, { readonly type: 'there' }>,
  into: Uint8Array,
  start: number,
  truths: number,
): void {
  const there = thereOf?.(path) ?? missingPositions(path);
  for (let i = 0, at = start * positions; i < truths; i++, at++) into[i] = there[at] === 1 ? TRUE : FALSE;
}

function missingPositions(path: string): never {
  throw new Error(`no positions of ${path}: the plan was made for other rows`);
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
  const truths = count * step.positions;
  switch (step.type) {
    case 'always':
      into.least.fill(TRUE);
      into.greatest.fill(TRUE);
      return;
    case 'not':
      negate(range(step.of).greatest, into.least, truths);
      negate(range(step.of).least, into.greatest, truths);
      return;
    case 'spread':
      spread(range(step.of).least, into.least, step.factor, truths);
      spread(range(step.of).greatest, into.greatest, step.factor, truths);
      return;
    case 'there':
      seeThere(columns, step, into.least, start, truths);
      seeThere(columns, step, into.greatest, start, truths);
      return;
    case 'and':
    case 'or':
      join(step.type, parts(step.of, 'least'), into.least, truths);
      join(step.type, parts(step.of, 'greatest'), into.greatest, truths);
      return;
    case 'test':
      for (const stretch of stretches(step, columns, start, count)) {
        testRange(step, range(step.applied), into, columns, stretch);
      }
  }
}

/** A missing label may answer yes or no; a task that may not apply may leave the question without an answer. */
function testRange(
  step: TestStep,
  applied: Range,
  { least, greatest }: Range,
  columns: ValueColumns,
  stretch: Stretch,
): void {
  test(step, least, columns, stretch);
  const { first, count } = stretch;
  for (let i = first, element = stretch.element; i < first + count; i++, element += stretch.step) {
    greatest[i] = least[i] as number;
    if (columns.present !== null && columns.present[element] === 0) {
      least[i] = FALSE;
      greatest[i] = TRUE;
    }
    const mayApply = applied.greatest[i] === TRUE;
    const applies = applied.least[i] === TRUE;
    if (!mayApply) {
      least[i] = UNKNOWN;
      greatest[i] = UNKNOWN;
    } else if (!applies) {
      least[i] = Math.min(UNKNOWN, least[i] as number);
      greatest[i] = Math.max(UNKNOWN, greatest[i] as number);
    }
  }
}

function negate(of: Uint8Array, into: Uint8Array, count: number): void {
  for (let i = 0; i < count; i++) into[i] = TRUE - (of[i] as number);
}

function least(part: Uint8Array, into: Uint8Array, count: number): void {
  for (let i = 0; i < count; i++) if ((part[i] as number) < (into[i] as number)) into[i] = part[i] as number;
}

function greatest(part: Uint8Array, into: Uint8Array, count: number): void {
  for (let i = 0; i < count; i++) if ((part[i] as number) > (into[i] as number)) into[i] = part[i] as number;
}

/** The answer as if every value were known. */
function testMembers(values: Float64Array, stretch: Stretch, members: readonly number[], into: Uint8Array): void {
  const { first, count, step } = stretch;
  into.fill(FALSE, first, first + count);
  for (const member of members) {
    for (let i = first, element = stretch.element; i < first + count; i++, element += step)
      if (values[element] === member) into[i] = TRUE;
  }
}

function testBounds(
  values: Float64Array,
  { first, count, element: start, step }: Stretch,
  {
    above = Number.NEGATIVE_INFINITY,
    below = Number.POSITIVE_INFINITY,
  }: Extract<ElementTest, { readonly above?: number }>,
  into: Uint8Array,
): void {
  for (let i = first, element = start; i < first + count; i++, element += step) {
    const value = values[element] as number;
    into[i] = value > above && value < below ? TRUE : FALSE;
  }
}

function keepPresent(present: Uint8Array, { first, count, element: start, step }: Stretch, into: Uint8Array): void {
  for (let i = first, element = start; i < first + count; i++, element += step)
    if (present[element] === 0) into[i] = UNKNOWN;
}

function keepApplied(applied: Uint8Array, into: Uint8Array, count: number): void {
  for (let i = 0; i < count; i++) if (applied[i] !== TRUE) into[i] = UNKNOWN;
}
