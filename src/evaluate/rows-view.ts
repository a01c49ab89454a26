/** @file Gathers what a metric reads: one task's scores, decisions and labels on the rows that count. */
import type { Dataset } from '../data/dataset.js';
import { type Scores, scoresOf } from '../score/scores.js';
import type { MetricView } from '../tasks/kind.js';
import type { TaskSlot } from '../tasks/layout.js';

/**
 * The rows of a task with at least one label element for which `counted` (row-major `[rows, layout.width]`) is 1 and,
 * when given, `open` (`[rows, tasks]`) is 1 for the task.
 */
export function rowsOf(slot: TaskSlot, dataset: Dataset, counted: Uint8Array, open?: Uint8Array): Int32Array {
  const { layout } = dataset;
  const rows = new Int32Array(dataset.rows);
  let count = 0;
  for (let row = 0; row < dataset.rows; row++) {
    if (open && open[row * layout.slots.length + slot.index] === 0) continue;
    const start = row * layout.width + slot.offset;
    let any = 0;
    for (let i = start; i < start + slot.width; i++) any |= counted[i] ?? 0;
    if (any === 1) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

export function metricView(
  slot: TaskSlot,
  rows: Int32Array,
  dataset: Dataset,
  scores: Scores,
  decoded: Float64Array,
  counted: Uint8Array,
): MetricView {
  const { units } = slot.task.kind;
  const { logits, activated } = scoresOf(scores, slot.task.path);
  const { width, offset } = slot;
  const stride = dataset.layout.width;
  const view = {
    rows: rows.length,
    logits: new Float32Array(rows.length * units),
    activated: new Float32Array(rows.length * units),
    decoded: new Float64Array(rows.length * width),
    labels: new Float64Array(rows.length * width),
    counted: new Uint8Array(rows.length * width),
  };
  rows.forEach((row, k) => {
    const start = row * stride + offset;
    view.logits.set(logits.subarray(row * units, (row + 1) * units), k * units);
    view.activated.set(activated.subarray(row * units, (row + 1) * units), k * units);
    view.decoded.set(decoded.subarray(start, start + width), k * width);
    view.labels.set(dataset.labels.values.subarray(start, start + width), k * width);
    view.counted.set(counted.subarray(start, start + width), k * width);
  });
  return view;
}
