/** @file The loss of each row, task by task and overall. */
import type { Dataset } from '../data/dataset.js';
import type { RowLosses, SampleLosses } from '../score/scores.js';
import { rowsOf } from './rows-view.js';

/**
 * Loss of each row that counts, by task. With R such rows and E counted label elements among them, the loss of row i is
 *
 *   (Σ_e mask_ie · ℓ_ie) · R / E
 *
 * so that the mean over the rows is the task's loss, Σ mask·ℓ / E. Where every row has equally many elements it is the
 * mean over the row's elements. (dnn_cool's newest release takes their sum: for a multilabel, ours times the classes.)
 *
 * @param elementLosses unmasked, `[rows, layout.width]`
 */
export function sampleLosses(dataset: Dataset, elementLosses: Float32Array): SampleLosses {
  const { layout, mask } = dataset;
  const byPath = new Map<string, RowLosses>();
  for (const slot of layout.slots) {
    const rows = rowsOf(slot, dataset, mask).slice();
    const sums = new Float64Array(rows.length);
    let elements = 0;
    rows.forEach((row, k) => {
      const start = row * layout.width + slot.offset;
      for (let i = start; i < start + slot.width; i++) {
        if (mask[i] === 0) continue;
        sums[k] = (sums[k] ?? 0) + (elementLosses[i] ?? 0);
        elements++;
      }
    });
    byPath.set(slot.task.path, { rows, losses: Float32Array.from(sums, (sum) => (sum * rows.length) / elements) });
  }
  return byPath;
}

/**
 * Loss of each row over all tasks: Σ weight × loss of the row, over the tasks that count on it. Rows on which none
 * counts are left out: a loss of zero would make them the best of all.
 */
export function overallLosses(dataset: Dataset, losses: SampleLosses): RowLosses {
  const sums = new Float64Array(dataset.rows);
  const counts = new Uint8Array(dataset.rows);
  for (const { task } of dataset.layout.slots) {
    const own = losses.get(task.path);
    own?.rows.forEach((row, k) => {
      sums[row] = (sums[row] ?? 0) + task.kind.weight * (own.losses[k] ?? 0);
      counts[row] = 1;
    });
  }
  const rows = Int32Array.from(sums.keys()).filter((row) => counts[row] === 1);
  return { rows, losses: Float32Array.from(rows, (row) => sums[row] ?? 0) };
}
