/** @file At which positions the tasks of a flow have an answer on some rows: where a ragged input of their axes has something. */
import { raggedAlong } from '../../flow/ragged-axes.js';
import { maskedAxes } from '../../flow/ragged-input.js';
import type { Layout } from '../../tasks/layout.js';
import type { InputMatrix } from '../dataset.js';
import { type Extents, type Positions, presence, type TaskPositions } from './extents.js';

/**
 * @param extents of these rows, by the name of the ragged input
 * @returns null where no task answers along the axes of a ragged input
 */
export function positionsIn(
  layout: Layout,
  rows: number,
  extents: (input: string) => Extents | undefined,
): Positions | null {
  const specs = layout.flow.graph.inputs;
  if (!Object.values(specs).some((spec) => maskedAxes(spec) > 0)) return null; // asked at every batch of a stream
  const known = new Map<string, TaskPositions>();
  const byPath = new Map<string, TaskPositions>();
  for (const { task } of layout.slots) {
    const [input] = raggedAlong(task.axes, specs);
    const own = input === undefined ? undefined : extents(input);
    if (input === undefined || own === undefined) continue;
    const key = `${input} ${task.axes.length}`;
    const positions = known.get(key) ?? { extents: own, there: presence(own, rows, task.shape) };
    known.set(key, positions);
    byPath.set(task.path, positions);
  }
  return byPath.size === 0 ? null : (path) => byPath.get(path) ?? null;
}

/** Of rows that are bound: their inputs know how far they reach. */
export function boundPositions(
  layout: Layout,
  rows: number,
  inputs: Readonly<Record<string, InputMatrix>>,
): Positions | null {
  return positionsIn(layout, rows, (input) => inputs[input]?.extents);
}

/** As conditions are asked: the positions of a task that some rows lack. */
export function thereOf(positions: Positions | null | undefined): ((path: string) => Uint8Array | null) | undefined {
  if (!positions) return undefined;
  return (path) => positions(path)?.there ?? null;
}
