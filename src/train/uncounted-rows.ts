/** @file Rows that count for no task enter the network as zeros. */
import type { Tensors } from '../engine/engine.js';
import { tf } from '../tf.js';

/**
 * A row whose activations overflow would bring NaN into every kernel's gradient (∞ × 0 in the product with a slope of 0),
 * though no task counts it. Not for networks that mix rows: there such a row is part of the statistics.
 *
 * @param inputs `[batch, …]` by name
 * @param mask `[batch, width]`, 1 where an element counts
 */
export function withoutUncountedRows(inputs: Tensors, mask: tf.Tensor2D): Tensors {
  const counts = mask.sum(1).greater(0);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const rows = counts.reshape([-1, ...input.shape.slice(1).map(() => 1)]);
      return [name, tf.where(rows, input, tf.scalar(0, input.dtype))];
    }),
  );
}
