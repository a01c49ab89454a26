/** @file Targets of all rows of a dataset, as one batch has them. */
import { createBatcher } from '../../src/data/batches.js';
import type { Truth } from '../../src/data/dataset.js';
import { TARGETS } from '../../src/data/ports.js';

/** Labels in units of the loss, `[rows, layout.width]`; 0 where the mask is 0. */
export function targetsOf(truth: Pick<Truth, 'rows' | 'labels' | 'mask' | 'layout'>): Float32Array {
  const { tensors } = createBatcher(
    { ...truth, inputs: {} },
    truth.rows,
  )(Uint32Array.from({ length: truth.rows }, (_, row) => row));
  return tensors[TARGETS]?.data as Float32Array; // every batch with labels has them
}
