/** @file The loss of a task whose answer is the same for every row: what its losses are measured in. */
import type { LabelSample } from '../data/label-statistics.js';
import { onBackend } from '../engine/backend.js';
import type { TaskKind } from '../tasks/kind.js';
import { tf } from '../tf.js';

/**
 * Mean loss of the label elements that count, of these logits for every row.
 *
 * @param logits `[units]`
 * @returns a number that may be 0, or not finite for a kind whose loss is not
 */
export function constantLoss(kind: TaskKind, logits: readonly number[], { rows, values, counts }: LabelSample): number {
  const { units, width, lossKey, target = { offset: 0, scale: 1 } } = kind;
  const targets = Float32Array.from(values, (value, i) =>
    counts[i] === 1 ? (value - target.offset) * target.scale : 0,
  );
  const losses = onBackend('cpu', () =>
    tf.tidy(() => {
      const shape = (size: number): number[] => (lossKey === null ? [rows, size] : [rows, 1, size]);
      const all = tf
        .tensor2d([...logits], [1, units])
        .tile([rows, 1])
        .reshape(shape(units));
      return kind.loss(all, tf.tensor(targets, shape(width))).dataSync();
    }),
  );
  let [sum, counted] = [0, 0];
  for (const [i, counts_] of counts.entries()) {
    if (counts_ !== 1) continue;
    sum += losses[i] as number; // one for each element
    counted++;
  }
  return sum / counted;
}
