/** @file The mask of a bound input as an input of its own. */
import type { InputSpec } from '../../flow/graph.js';
import type { InputMatrix } from '../dataset.js';
import { presence } from './extents.js';

/**
 * 1 where a row has the position, 0 where it was padded: bytes.
 *
 * @param spec of the mask
 * @param bound the inputs that are read from columns
 */
export function maskMatrix(spec: InputSpec, rows: number, bound: Readonly<Record<string, InputMatrix>>): InputMatrix {
  const extents = spec.of === undefined ? undefined : bound[spec.of]?.extents;
  if (extents === undefined) throw new Error(`no rows that a mask of ${spec.of} could be of`);
  return { shape: spec.shape, values: presence(extents, rows, spec.shape) };
}
