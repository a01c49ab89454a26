/** @file Two ragged inputs that name the same axes reach equally far in each row. */
import { HeadgateError } from '../../errors.js';
import type { FlowGraph, InputSpec } from '../../flow/graph.js';
import type { InputMatrix } from '../dataset.js';
import type { RowPath } from '../row-path.js';
import type { Extents } from './extents.js';

/** Throws `WRONG_SHAPE` at the first row in which they do not. */
export function requireEqualExtents(
  specs: FlowGraph['inputs'],
  inputs: Readonly<Record<string, InputMatrix>>,
  path: RowPath,
): void {
  const ragged = Object.entries(inputs).flatMap(
    ([name, { extents }]): Ragged[] =>
      extents === undefined ? [] : [{ name, spec: specs[name] as InputSpec, extents }], // every input has one
  );
  for (const [i, other] of ragged.entries()) {
    for (const one of ragged.slice(0, i)) requireEqual(one, other, path);
  }
}

interface Ragged {
  readonly name: string;
  readonly spec: InputSpec;
  readonly extents: Extents;
}

function requireEqual(one: Ragged, other: Ragged, path: RowPath): void {
  for (const [axis, lengths] of other.extents.lengths.entries()) {
    const name = other.spec.axes?.[axis] ?? null;
    const known = one.extents.lengths[axis];
    if (name === null || name !== one.spec.axes?.[axis] || known === undefined) return;
    const place = lengths.findIndex((length, at) => length !== known[at]);
    if (place === -1) continue;
    const places = other.spec.shape.slice(0, axis).reduce((all, length) => all * length, 1);
    throw new HeadgateError({
      code: 'WRONG_SHAPE',
      path: path(Math.floor(place / places), other.name),
      problem: `Two inputs name the axis "${name}", and in this row they do not reach equally far along it.`,
      expected: `${known[place]}, as in "${one.name}"`,
      received: `${lengths[place]}`,
      mend: 'Give rows of one length, or name their axes differently.',
    });
  }
}
