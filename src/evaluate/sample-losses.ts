/** @file The loss of each row, task by task and overall. */
import type { Truth } from '../data/dataset.js';
import type { RowLosses, SampleLosses } from '../score/scores.js';
import type { Layout, TaskSlot } from '../tasks/layout.js';

export interface CountedRow {
  /** In this chunk, among all rows, and among those of its task that count. */
  readonly row: number;
  readonly place: number;
  readonly index: number;
  /** Σ_e mask_ie · ℓ_ie */
  readonly sum: number;
}

export interface SampleLossFold {
  /**
   * @param elementLosses unmasked, `[rows, layout.width]`
   * @param seen called with each row that counts
   */
  readonly add: (
    truth: Truth,
    elementLosses: Float32Array,
    seen?: (slot: TaskSlot, counted: CountedRow) => void,
  ) => void;
  readonly rows: () => number;
  readonly result: () => SampleLosses;
}

/**
 * Loss of each row that counts, by task. With R such rows and E counted label elements among them, the loss of row i is
 *
 *   (Σ_e mask_ie · ℓ_ie) · R / E
 *
 * so that the mean over the rows is the task's loss, Σ mask·ℓ / E. Where every row has equally many elements it is the
 * mean over the row's elements. The elements of a task along an axis are those of all its positions. (dnn_cool's newest release takes their sum: for a multilabel, ours times the classes.)
 */
export function startSampleLosses(layout: Layout): SampleLossFold {
  const tasks = layout.slots.map((slot) => ({ slot, places: [] as number[], sums: [] as number[], elements: 0 }));
  let before = 0;
  return {
    add: (truth, losses, seen) => {
      if (losses.length !== truth.rows * layout.width) throw new Error(`${losses.length} losses, ${truth.rows} rows`);
      for (const task of tasks) {
        const { slot, places, sums } = task;
        for (let row = 0; row < truth.rows; row++) {
          const start = row * layout.width + slot.offset;
          const counted = task.elements;
          let sum = 0;
          for (let i = start; i < start + slot.columns; i++) {
            if (truth.mask[i] === 0) continue;
            sum += losses[i] as number;
            task.elements++;
          }
          if (task.elements === counted) continue;
          places.push(before + row);
          sums.push(sum);
          seen?.(slot, { row, place: before + row, index: sums.length - 1, sum });
        }
      }
      before += truth.rows;
    },
    rows: () => before,
    result: () =>
      new Map(
        tasks.map(({ slot, places, sums, elements }): [string, RowLosses] => [
          slot.task.path,
          {
            rows: Int32Array.from(places),
            losses: Float32Array.from(sums, (sum) => (sum * places.length) / elements),
          },
        ]),
      ),
  };
}

/** As `startSampleLosses`, for rows that are all there. */
export function sampleLosses(truth: Truth, elementLosses: Float32Array): SampleLosses {
  const losses = startSampleLosses(truth.layout);
  losses.add(truth, elementLosses);
  return losses.result();
}

/**
 * Loss of each row over all tasks: Σ weight × loss of the row, over the tasks that count on it. Rows on which none
 * counts are left out: a loss of zero would make them the best of all.
 *
 * @param count of all rows
 */
export function overallLosses(layout: Layout, count: number, losses: SampleLosses): RowLosses {
  const sums = new Float64Array(count);
  const counts = new Uint8Array(count);
  for (const { task } of layout.slots) {
    const own = losses.get(task.path);
    if (own === undefined) throw new Error(`no losses of ${task.path}`);
    for (const [k, row] of own.rows.entries()) {
      sums[row] = (sums[row] as number) + task.kind.weight * (own.losses[k] as number);
      counts[row] = 1;
    }
  }
  const rows = Int32Array.from(sums.keys()).filter((row) => counts[row] === 1);
  return { rows, losses: Float32Array.from(rows, (row) => sums[row] as number) };
}
