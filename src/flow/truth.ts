/** @file Three-valued (Kleene) truth of conditions over whole columns: ground-truth masks and decoded gates alike. */
import type { ElementTest } from './declaration.js';
import type { Flow } from './flow.js';
import type { ConditionNode, PredicateNode } from './graph.js';

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

/**
 * Rule 1: the truth of each task's full condition, `[rows, tasks]` in flow order, as `FALSE`, `UNKNOWN` or `TRUE`.
 * A predicate is unknown where the asked element is missing or the asked task does not itself apply. Equal conditions are
 * evaluated once, in topological order, so the cost is linear in the size of the graph.
 */
export function truths(flow: Flow, columns: ValueColumns): Uint8Array {
  const { rows } = columns;
  const { steps, registers } = plan(flow, columns.offsetOf);
  const tasks = registers.length;
  const result = new Uint8Array(rows * tasks);
  const buffers = steps.map(() => new Uint8Array(Math.min(rows, BLOCK)));
  for (let start = 0; start < rows; start += BLOCK) {
    const count = Math.min(BLOCK, rows - start);
    for (const [i, step] of steps.entries()) run(step, buffers, buffers[i] as Uint8Array, columns, start, count);
    for (const [task, register] of registers.entries()) {
      const buffer = buffers[register] as Uint8Array;
      for (let row = 0, at = start * tasks + task; row < count; row++, at += tasks) result[at] = buffer[row] as number;
    }
  }
  return result;
}

/** Where each task's full condition is true: `[rows, tasks]` in flow order, 0 or 1. */
export function applies(flow: Flow, columns: ValueColumns): Uint8Array {
  const result = truths(flow, columns);
  for (let i = 0; i < result.length; i++) result[i] = result[i] === TRUE ? 1 : 0;
  return result;
}

/** Rows that are evaluated together: their values and all intermediate truths stay in the processor's caches. */
const BLOCK = 512;

/** One distinct condition. Its truths go into the register of its own place; it reads those of earlier steps. */
type Step =
  | { readonly type: 'always' }
  | { readonly type: 'test'; readonly applied: number; readonly offset: number; readonly test: ElementTest }
  | { readonly type: 'not'; readonly of: number }
  | { readonly type: 'and' | 'or'; readonly of: readonly number[] };

interface Plan {
  readonly steps: readonly Step[];
  /** Where the truth of each task's full condition is, in flow order. */
  readonly registers: readonly number[];
}

function plan(flow: Flow, offsetOf: (path: string) => number): Plan {
  const steps: Step[] = [];
  const known = new Map<string, number>();
  const ofTask = new Map<string, number>();
  /** Keys name parts by their registers, so they stay short however deep conditions nest. */
  const step = (key: string, make: () => Step): number => {
    const register = known.get(key) ?? steps.push(make()) - 1;
    known.set(key, register);
    return register;
  };
  const registerOf = (node: ConditionNode | null): number => {
    if (node === null) return step('always', () => ({ type: 'always' }));
    if (node.type === 'predicate') {
      const applied = ofTask.get(node.path) as number; // planned before, by topological order
      const offset = offsetOf(node.path);
      const key = JSON.stringify([node.path, node.predicate, node.args]);
      return step(key, () => ({ type: 'test', applied, offset, test: elementTest(flow, node) }));
    }
    if (node.type === 'not') {
      const of = registerOf(node.of);
      return step(`not ${of}`, () => ({ type: 'not', of }));
    }
    const of = node.of.map(registerOf);
    return step(`${node.type} ${of.join()}`, () => ({ type: node.type, of }));
  };
  for (const task of flow.evaluationOrder) ofTask.set(task.path, registerOf(task.condition));
  return { steps, registers: flow.tasks.map((task) => ofTask.get(task.path) as number) };
}

/** Evaluates a step on rows `start` to `start + count` into `into`. */
function run(
  step: Step,
  buffers: readonly Uint8Array[],
  into: Uint8Array,
  columns: ValueColumns,
  start: number,
  count: number,
): void {
  const register = (index: number): Uint8Array => buffers[index] as Uint8Array;
  if (step.type === 'always') into.fill(TRUE);
  else if (step.type === 'not') negate(register(step.of), into, count);
  else if (step.type === 'test') {
    const at = start * columns.width + step.offset + step.test.element;
    if ('oneOf' in step.test) testMembers(columns, at, step.test.oneOf, into, count);
    else testBounds(columns, at, bounds(step.test), into, count);
    if (columns.present !== null) keepPresent(columns.present, columns.width, at, into, count);
    keepApplied(register(step.applied), into, count);
  } else {
    into.fill(step.type === 'and' ? TRUE : FALSE);
    for (const part of step.of) (step.type === 'and' ? least : greatest)(register(part), into, count);
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
  { above, below }: Bounds,
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

/** Bounds and members are compared in float64, as labels and decoded values are: `above(1.7e9 + 30)` tells seconds apart. */
export function elementPasses(test: ElementTest): (value: number) => boolean {
  if ('oneOf' in test) {
    return (value) => test.oneOf.includes(value);
  }
  const { above, below } = bounds(test);
  return (value) => value > above && value < below;
}

interface Bounds {
  readonly above: number;
  readonly below: number;
}

function bounds(test: Exclude<ElementTest, { readonly oneOf: unknown }>): Bounds {
  return {
    above: test.above ?? Number.NEGATIVE_INFINITY,
    below: test.below ?? Number.POSITIVE_INFINITY,
  };
}

/** The test that a predicate node stands for, from its task's kind. */
export function elementTest(flow: Flow, { path, predicate, args }: PredicateNode): ElementTest {
  const ask = flow.task(path).kind.predicates[predicate];
  if (ask === undefined) throw new Error(`${path} has no predicate ${predicate}: the flow was not resolved`);
  return ask(...args);
}
