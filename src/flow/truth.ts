/** @file Three-valued (Kleene) truth of conditions over whole columns: ground-truth masks and decoded gates alike. */
import type { ElementTest } from './declaration.js';
import type { Flow, FlowTask } from './flow.js';
import type { ConditionNode, PredicateNode } from './graph.js';

/** Encoded values of all tasks, row-major. */
export interface ValueColumns {
  readonly rows: number;
  /** Elements in one row. */
  readonly width: number;
  /** `[rows, width]` */
  readonly values: Float32Array;
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
 * A predicate is unknown where the asked element is missing or the asked task does not itself apply. Every condition is
 * evaluated once, in topological order, so the cost is linear in the size of the graph.
 */
export function truths(flow: Flow, columns: ValueColumns): Uint8Array {
  const tasks = flow.tasks.length;
  const index = new Map(flow.tasks.map((task, i) => [task.path, i]));
  const result = new Uint8Array(columns.rows * tasks);
  const evaluate = evaluator(flow, columns);
  for (const task of flow.evaluationOrder) {
    const column = evaluate(task);
    const at = index.get(task.path) as number; // `evaluationOrder` holds the same tasks
    for (let row = 0; row < columns.rows; row++) result[row * tasks + at] = column[row] as number;
  }
  return result;
}

/** Where each task's full condition is true: `[rows, tasks]` in flow order, 0 or 1. */
export function applies(flow: Flow, columns: ValueColumns): Uint8Array {
  return truths(flow, columns).map((truth) => (truth === TRUE ? 1 : 0));
}

/** Gives the truth of tasks' full conditions, one column a task; tasks must be asked in evaluation order. */
function evaluator(flow: Flow, columns: ValueColumns): (task: FlowTask) => Uint8Array {
  const { rows } = columns;
  const ofTask = new Map<string, Uint8Array>();
  const ofCondition = new Map<ConditionNode, Uint8Array>();
  const ofPredicate = new Map<string, Uint8Array>();

  const predicate = (node: PredicateNode): Uint8Array => {
    const key = JSON.stringify([node.path, node.predicate, node.args]);
    const known = ofPredicate.get(key);
    if (known !== undefined) return known;
    const applied = ofTask.get(node.path) as Uint8Array; // evaluated before, by topological order
    const column = testColumn(columns, columns.offsetOf(node.path), elementTest(flow, node), applied);
    ofPredicate.set(key, column);
    return column;
  };
  // Conditions are shared between tasks as objects (a flow's condition reaches all its leaves), so identity is the key.
  const condition = (node: ConditionNode): Uint8Array => {
    const known = ofCondition.get(node);
    if (known !== undefined) return known;
    const column = node.type === 'predicate' ? predicate(node) : combine(node, rows, condition);
    ofCondition.set(node, column);
    return column;
  };
  return (task) => {
    const column = task.condition === null ? new Uint8Array(rows).fill(TRUE) : condition(task.condition);
    ofTask.set(task.path, column);
    return column;
  };
}

function combine(
  node: Exclude<ConditionNode, PredicateNode>,
  rows: number,
  evaluate: (node: ConditionNode) => Uint8Array,
): Uint8Array {
  if (node.type === 'not') return evaluate(node.of).map((truth) => TRUE - truth);
  const [first, ...others] = node.of.map(evaluate);
  const column = Uint8Array.from(first as Uint8Array); // the schema demands at least one part
  const isAnd = node.type === 'and';
  for (const other of others) {
    for (let row = 0; row < rows; row++) {
      const [a, b] = [column[row] as number, other[row] as number];
      column[row] = a < b === isAnd ? a : b;
    }
  }
  return column;
}

function testColumn(
  { rows, width, values, present }: ValueColumns,
  offset: number,
  test: ElementTest,
  applied: Uint8Array,
): Uint8Array {
  const passes = elementPasses(test);
  const column = new Uint8Array(rows);
  for (let row = 0, at = offset + test.element; row < rows; row++, at += width) {
    const known = applied[row] === TRUE && (present === null || present[at] === 1);
    column[row] = known ? (passes(values[at] as number) ? TRUE : FALSE) : UNKNOWN;
  }
  return column;
}

/** Bounds and members are rounded as the values are: a label of 0.1 in float32 is not above 0.1. */
export function elementPasses(test: ElementTest): (value: number) => boolean {
  if ('oneOf' in test) {
    const members = new Set(test.oneOf.map(Math.fround));
    return (value) => members.has(value);
  }
  const above = Math.fround(test.above ?? Number.NEGATIVE_INFINITY);
  const below = Math.fround(test.below ?? Number.POSITIVE_INFINITY);
  return (value) => value > above && value < below;
}

/** The test that a predicate node stands for, from its task's kind. */
export function elementTest(flow: Flow, { path, predicate, args }: PredicateNode): ElementTest {
  const ask = flow.task(path).kind.predicates[predicate];
  if (ask === undefined) throw new Error(`${path} has no predicate ${predicate}: the flow was not resolved`);
  return ask(...args);
}
