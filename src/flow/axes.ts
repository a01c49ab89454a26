/** @file Axes: what an input names, a task answers along, and a condition may ask across. */
import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import { invalidOption } from '../options.js';
import { predicatesIn } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import type { FlowTask } from './flow.js';
import type { FlowGraph, TaskNode } from './graph.js';
import { requireName } from './names.js';
import { requireRaggedPrefix } from './ragged-axes.js';

/**
 * A task that answers at each position along a named axis of an input, and not once a row: a token, a pixel, a frame.
 * Along several axes of an input, in its order, it answers at each of their positions: its labels and predictions are
 * lists of lists. The kind is the same.
 *
 * @throws HeadgateError `INVALID_NAME`, `INVALID_OPTIONS` for no axis, or one twice
 * @example
 * const tasks = { isName: along('token', binary()), isVerb: along(['sentence', 'token'], binary()) };
 */
export function along<const Axis extends string, D extends TaskDeclaration>(
  axis: Axis | readonly [Axis],
  kind: D,
): D & { readonly axis: Axis };
export function along<const Axes extends readonly string[], D extends TaskDeclaration>(
  axes: Axes,
  kind: D,
): Omit<D, 'axis'> & { readonly axis: Axes }; // an intersection would hide from the compiler how many there are
export function along<D extends TaskDeclaration>(axis: string | readonly string[], kind: D): D & WithAxis {
  const names = [axis].flat();
  for (const name of names) requireName(name, 'along.axis');
  if (names.length === 0 || new Set(names).size < names.length) {
    throw invalidOption('along.axis', axis, { expected: 'a name, or several that differ' });
  }
  const [only] = names;
  return Object.freeze({ ...kind, axis: names.length === 1 && only !== undefined ? only : Object.freeze(names) });
}

interface WithAxis {
  readonly axis: string | readonly string[];
}

/** @throws HeadgateError `AXIS_MISMATCH` where two inputs do not agree about the length of an axis that both name */
export function requireAxes(inputs: FlowGraph['inputs']): void {
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
}

/** Where a task answers: once a row, or at each position along the axes that it names. */
export type PlacesAlong = Pick<FlowTask, 'axis' | 'axes' | 'shape' | 'positions'>;

const ONCE_A_ROW: PlacesAlong = { axis: null, axes: Object.freeze([]), shape: Object.freeze([]), positions: 1 };

/**
 * Several axes must stand in one input, in that order.
 *
 * @throws HeadgateError `UNKNOWN_AXIS`, `RAGGED_AXIS`
 */
export function placesAlong({ path, axis }: TaskNode, inputs: FlowGraph['inputs']): PlacesAlong {
  if (axis === undefined) return ONCE_A_ROW;
  const axes = Object.freeze([axis].flat());
  for (const { axes: named = [], shape: lengths } of Object.values(inputs)) {
    const places = axes.map((one) => named.indexOf(one));
    if (!places.every((place, i) => place > (places[i - 1] ?? -1))) continue;
    requireRaggedPrefix(path, axes, inputs);
    const shape = Object.freeze(places.map((place) => lengths[place] as number)); // an input has a length for each axis
    return { axis: axes.join(' × '), axes, shape, positions: shape.reduce((all, length) => all * length, 1) };
  }
  throw unknownAxis(path, axes, inputs);
}

function unknownAxis(path: string, axes: readonly string[], inputs: FlowGraph['inputs']): HeadgateError {
  const known = new Set(Object.values(inputs).flatMap((input) => (input.axes ?? []).filter((name) => name !== null)));
  const unknown = axes.find((axis) => !known.has(axis));
  if (unknown === undefined) {
    return new HeadgateError({
      code: 'UNKNOWN_AXIS',
      path,
      problem: 'no input has all the axes that the task answers along, in their order',
      expected: `axes of one input: ${Object.entries(inputs).flatMap(axesText).join(', ')}`,
      received: show(axes),
      mend: 'Name the axes in the order in which the input has them.',
    });
  }
  return new HeadgateError({
    code: 'UNKNOWN_AXIS',
    path,
    problem: `the task answers along "${unknown}", which is no axis of an input`,
    expected: known.size === 0 ? 'an input that names its axes' : `one of ${listed(known)}`,
    received: unknown,
    suggestion: didYouMean(unknown, known),
    mend: `Name the axis where the input is declared: tensor({ shape: [16, 4], axes: ["${unknown}", null] }).`,
  });
}

const axesText = ([input, { axes }]: [string, FlowGraph['inputs'][string]]): string[] =>
  axes === undefined ? [] : [`${show(axes)} of "${input}"`];

/**
 * A condition may ask tasks of the asker's own axes, position by position; tasks along the first of them, whose answer
 * then holds at all positions below it; and tasks with one answer a row, which holds at all positions.
 *
 * @throws HeadgateError `CONDITION_AXIS`
 */
export function requireConditionAxis(asker: FlowTask, task: (path: string) => FlowTask): void {
  for (const { path } of predicatesIn(asker.condition)) {
    const asked = task(path);
    if (!asked.axes.every((axis, i) => axis === asker.axes[i])) throw conditionAxis(asker, asked);
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

function conditionAxis(asker: FlowTask, asked: FlowTask): HeadgateError {
  return new HeadgateError({
    code: 'CONDITION_AXIS',
    path: asker.path,
    problem: `its condition asks "${asked.path}", which answers at each ${asked.axis}, and the task itself answers ${reading(asker)}`,
    expected: `tasks with one answer a row${asker.axis === null ? '' : `, or along "${asker.axis}"`}`,
    received: `a task along "${asked.axis}"`,
    mend:
      asker.axis === null
        ? `Ask a task that answers once a row, or let this one answer along("${asked.axes.join('", "')}", …) too.`
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
