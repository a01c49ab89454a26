/** @file Axes: what an input names, a task answers along, and a condition may ask across. */
import { didYouMean, HeadgateError, listed } from '../errors.js';
import { predicatesIn } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import type { FlowTask } from './flow.js';
import type { FlowGraph } from './graph.js';
import { requireName } from './names.js';

/**
 * A task that answers at each position along a named axis of an input, and not once a row: a token, a pixel, a frame.
 * The kind is the same; its labels and predictions are lists.
 *
 * @throws HeadgateError `INVALID_NAME`
 * @example
 * tasks: { isName: along('token', binary()) }
 */
export function along<const Axis extends string, D extends TaskDeclaration>(
  axis: Axis,
  kind: D,
): D & { readonly axis: Axis } {
  requireName(axis, 'along.axis');
  return Object.freeze({ ...kind, axis });
}

/**
 * The length of each axis that an input names.
 *
 * @throws HeadgateError `AXIS_MISMATCH` where two inputs do not agree about one
 */
export function axisLengths(inputs: FlowGraph['inputs']): ReadonlyMap<string, number> {
  const found = new Map<string, { readonly input: string; readonly length: number }>();
  for (const [input, { shape, axes = [] }] of Object.entries(inputs)) {
    for (const [place, axis] of axes.entries()) {
      const length = shape[place];
      if (axis === null || length === undefined) continue;
      const known = found.get(axis) ?? { input, length };
      if (known.length !== length) throw otherLength(axis, input, length, known);
      found.set(axis, known);
    }
  }
  return new Map([...found].map(([axis, { length }]) => [axis, length]));
}

/**
 * Answers a row of a task along `axis`; 1 without.
 *
 * @throws HeadgateError `UNKNOWN_AXIS`
 */
export function positionsOf(path: string, axis: string | null, lengths: ReadonlyMap<string, number>): number {
  if (axis === null) return 1;
  const length = lengths.get(axis);
  if (length !== undefined) return length;
  throw new HeadgateError({
    code: 'UNKNOWN_AXIS',
    path,
    problem: `the task answers along "${axis}", which is no axis of an input`,
    expected: lengths.size === 0 ? 'an input that names its axes' : `one of ${listed(lengths.keys())}`,
    received: axis,
    suggestion: didYouMean(axis, lengths.keys()),
    mend: `Name the axis where the input is declared: tensor({ shape: [16, 4], axes: ["${axis}", null] }).`,
  });
}

/**
 * A condition may ask tasks of the asker's own axis, position by position, and tasks with one answer a row, which then
 * holds at all positions.
 *
 * @throws HeadgateError `CONDITION_AXIS`
 */
export function requireConditionAxis(asker: FlowTask, task: (path: string) => FlowTask): void {
  for (const { path } of predicatesIn(asker.condition)) {
    const asked = task(path);
    if (asked.axis !== null && asked.axis !== asker.axis) throw conditionAxis(asker, asked, asked.axis);
  }
}

/** @throws HeadgateError `FEATURE_SHAPE` where one feature is read along two axes, or along one and as a whole */
export function requireFeatureAxes(tasks: readonly FlowTask[]): void {
  const readers = new Map<string, FlowTask>();
  for (const task of tasks) {
    const other = readers.get(task.feature) ?? task;
    readers.set(task.feature, other);
    if (other.axis === task.axis) continue;
    throw new HeadgateError({
      code: 'FEATURE_SHAPE',
      path: `features.${task.feature}`,
      problem: `"${task.path}" reads this feature ${reading(task)}, and "${other.path}" reads it ${reading(other)}`,
      expected: 'one axis for all tasks that read a feature, or none',
      received: `${task.axis ?? 'none'} and ${other.axis ?? 'none'}`,
      mend: 'Give each its own feature: one vector a row, or one at each position.',
    });
  }
}

const reading = ({ axis }: FlowTask): string => (axis === null ? 'once a row' : `along "${axis}"`);

function conditionAxis(asker: FlowTask, asked: FlowTask, axis: string): HeadgateError {
  return new HeadgateError({
    code: 'CONDITION_AXIS',
    path: asker.path,
    problem: `its condition asks "${asked.path}", which answers at each ${axis}, and the task itself answers ${reading(asker)}`,
    expected: `tasks with one answer a row${asker.axis === null ? '' : `, or along "${asker.axis}"`}`,
    received: `a task along "${axis}"`,
    mend:
      asker.axis === null
        ? `Ask a task that answers once a row, or let this one answer along("${axis}", …) too.`
        : 'Ask a task that answers once a row, or along the same axis.',
  });
}

function otherLength(
  axis: string,
  input: string,
  length: number,
  known: { readonly input: string; readonly length: number },
): HeadgateError {
  return new HeadgateError({
    code: 'AXIS_MISMATCH',
    path: `inputs.${input}.axes`,
    problem: `two inputs name the axis "${axis}" and do not agree about its length`,
    expected: `${known.length}, as in inputs.${known.input}`,
    received: String(length),
    mend: 'Pad the inputs to one length, or name their axes differently.',
  });
}
