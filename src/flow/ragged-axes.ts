/** @file Tasks along the axes of a ragged input: where a row has their positions, its own lists say. */
import { HeadgateError, show } from '../errors.js';
import type { FlowGraph, InputSpec } from './graph.js';
import { maskedAxes } from './ragged-input.js';

/** Of these inputs, the ragged ones whose rows say which positions along these axes there are. */
export function raggedAlong(axes: readonly string[], inputs: FlowGraph['inputs']): readonly string[] {
  return Object.entries(inputs)
    .filter(([, spec]) => maskedAxes(spec) > 0 && axes.length > 0 && axes.every((axis, i) => axis === spec.axes?.[i]))
    .map(([name]) => name);
}

/**
 * How many tokens there are is a matter of the sentence: whoever answers along a ragged axis answers along those before
 * it, too.
 *
 * @throws HeadgateError `RAGGED_AXIS`
 */
export function requireRaggedPrefix(path: string, axes: readonly string[], inputs: FlowGraph['inputs']): void {
  if (raggedAlong(axes, inputs).length > 0) return;
  const named = Object.entries(inputs).find(([, spec]) => isRaggedIn(axes, spec));
  if (named === undefined) return;
  const [input, { axes: own = [] }] = named;
  throw new HeadgateError({
    code: 'RAGGED_AXIS',
    path,
    problem: `the input "${input}" is ragged, so how long one of these axes is depends on the axes before it`,
    expected: `the first axes of "${input}", up to any of them: ${show(own)}`,
    received: show(axes),
    mend: `Answer along all axes from the first on: along(${show(own.filter((axis) => axis !== null))}, …).`,
  });
}

function isRaggedIn(axes: readonly string[], spec: InputSpec): boolean {
  const last = maskedAxes(spec);
  return axes.some((axis) => {
    const place = spec.axes?.indexOf(axis) ?? -1;
    return place !== -1 && place < last;
  });
}
