/** @file Two ragged inputs that name the same axes reach equally far in each row. */
import { HeadgateError } from '../../errors.js';
import type { FlowGraph, InputSpec } from '../../flow/graph.js';
import type { RowPath } from '../row-path.js';
import type { Extents } from './extents.js';

/** How far the rows of the ragged inputs reach, by their names. */
export type ExtentsByInput = ReadonlyMap<string, Extents>;

/** Throws `WRONG_SHAPE` where they do not. */
export function requireEqualExtents(specs: FlowGraph['inputs'], extents: ExtentsByInput, path: RowPath): void {
  const [first] = unequalRows(specs, extents);
  if (first === undefined) return;
  throw new HeadgateError({
    code: 'WRONG_SHAPE',
    path: path(first.row, first.input),
    problem: `Two inputs name the axis "${first.axis}", and in this row they do not reach equally far along it.`,
    expected: `${first.expected}, as in "${first.other}"`,
    received: String(first.received),
    mend: 'Give rows of one length, or name their axes differently.',
  });
}

/** Where two inputs do not agree. */
export interface UnequalRow {
  readonly row: number;
  readonly input: string;
  readonly other: string;
  readonly axis: string;
  readonly expected: number;
  readonly received: number;
}

/** Every place at which two inputs that name the same first axes do not agree. */
export function unequalRows(specs: FlowGraph['inputs'], extents: ExtentsByInput): readonly UnequalRow[] {
  const ragged = [...extents].map(([input, own]): Ragged => {
    return { input, spec: specs[input] as InputSpec, extents: own }; // they are of these inputs
  });
  return ragged.flatMap((one, i) => ragged.slice(0, i).flatMap((other) => unequal(one, other)));
}

interface Ragged {
  readonly input: string;
  readonly spec: InputSpec;
  readonly extents: Extents;
}

function unequal({ input, spec, extents }: Ragged, other: Ragged): UnequalRow[] {
  const found: UnequalRow[] = [];
  for (const [place, lengths] of extents.lengths.entries()) {
    const axis = spec.axes?.[place] ?? null;
    const known = other.extents.lengths[place];
    if (axis === null || axis !== other.spec.axes?.[place] || known === undefined) return found;
    const size = spec.shape.slice(0, place).reduce((all, length) => all * length, 1);
    for (const [at, received] of lengths.entries()) {
      const expected = known[at] as number; // axes of one name are equally long
      if (received === expected) continue;
      found.push({ row: Math.floor(at / size), input, other: other.input, axis, expected, received });
    }
  }
  return found;
}
