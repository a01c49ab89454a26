/** @file How far the rows of a column reach whose kind may have less than its width to say. */
import type { InputSpec } from '../../flow/graph.js';
import { columnReaders } from '../columns/readers.js';
import type { Extents } from './extents.js';

/**
 * Undefined for an input whose rows all have its whole width.
 *
 * @param values as the kind has encoded them, `[rows, width]`
 */
export function columnExtents(input: string, spec: InputSpec, rows: number, values: Float32Array): Extents | undefined {
  const [only, ...others] = spec.columnKinds === undefined ? [] : columnReaders(input, spec);
  const reach = others.length === 0 ? only?.encoder.reach : undefined;
  const [width] = spec.shape;
  if (spec.ragged === undefined || reach === undefined || width === undefined) return undefined;
  return {
    shape: [width],
    lengths: [Uint32Array.from({ length: rows }, (_, row) => reach({ values, offset: row * width }))],
  };
}
