/** @file Scores to decisions: the decoded value of every task on every row. */
import { HeadgateError } from '../errors.js';
import { type Scores, scoresOf, type Thresholds, thresholdsOf } from '../score/scores.js';
import type { Layout } from '../tasks/layout.js';

/**
 * Decoded values `[rows, layout.width]` in label units, in the encoding of labels. Whether a task applies to a row is
 * another question: see `decodedGates`. Throws `NON_FINITE_SCORE`, `MISSING_SCORES`, `MISSING_THRESHOLDS`.
 */
export function decode(layout: Layout, scores: Scores, thresholds: Thresholds): Float64Array {
  const decoded = new Float64Array(scores.rows * layout.width);
  for (const { task, offset, width } of layout.slots) {
    const { activated } = scoresOf(scores, task.path);
    checkFinite(task.path, activated, task.kind.units);
    const own = task.kind.decode(activated, scores.rows, thresholdsOf(task, thresholds));
    for (let row = 0; row < scores.rows; row++) {
      for (let i = 0; i < width; i++) decoded[row * layout.width + offset + i] = own[row * width + i] ?? 0;
    }
  }
  return decoded;
}

/** NaN compares false with every threshold: unchecked, it would pass for a decision. */
function checkFinite(path: string, activated: Float32Array, units: number): void {
  const place = activated.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return;
  throw new HeadgateError({
    code: 'NON_FINITE_SCORE',
    path: `${path}, row ${Math.floor(place / units)}`,
    problem: 'The network gave no finite number here.',
    received: String(activated[place]),
    mend: 'Look for extreme inputs in this row; if every row is like this, training diverged: lower the learning rate.',
  });
}
