/** @file Gathers what a metric reads: one task's scores, decisions and labels on the rows that count. */
import type { Truth } from '../data/dataset.js';
import { TRUE } from '../flow/truth.js';
import { type Scores, scoresOf } from '../score/scores.js';
import type { MetricView } from '../tasks/kind.js';
import type { TaskSlot } from '../tasks/layout.js';

/**
 * The rows of a task with at least one label element for which `counted` (row-major `[rows, layout.width]`) is 1 and,
 * when given, the gate (`[rows]`) is true.
 */
export function rowsOf(slot: TaskSlot, { rows, layout }: Truth, counted: Uint8Array, gate?: Uint8Array): Int32Array {
  const found = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (gate && gate[row] !== TRUE) continue;
    const start = row * layout.width + slot.offset;
    let any = 0;
    for (let i = start; i < start + slot.width; i++) any |= counted[i] as number;
    if (any === 1) found[count++] = row;
  }
  return found.subarray(0, count);
}

/** Nothing is copied that is needed whole: all rows of a task's scores, all columns of a flow with one task. */
export function metricView(
  slot: TaskSlot,
  rows: Int32Array,
  truth: Truth,
  scores: Scores,
  decoded: Float64Array,
  counted: Uint8Array,
): MetricView {
  const { units } = slot.task.kind;
  const { logits, activated } = scoresOf(scores, slot.task.path);
  const scored: Columns = { stride: units, offset: 0, width: units };
  const labelled: Columns = { stride: truth.layout.width, offset: slot.offset, width: slot.width };
  return {
    rows: rows.length,
    logits: gather(logits, scored, rows),
    activated: gather(activated, scored, rows),
    decoded: gather(decoded, labelled, rows),
    labels: gather(truth.labels.values, labelled, rows),
    counted: gather(counted, labelled, rows),
  };
}

interface Columns {
  readonly stride: number;
  readonly offset: number;
  readonly width: number;
}

type Numbers = Float32Array | Float64Array | Uint8Array;

function gather<T extends Numbers>(from: T, { stride, offset, width }: Columns, rows: Int32Array): T {
  if (stride === width && rows.length * width === from.length) return from;
  const make = from.constructor as new (length: number) => T; // an array of the same type
  const gathered = new make(rows.length * width);
  for (let k = 0; k < rows.length; k++) {
    const start = (rows[k] as number) * stride + offset;
    for (let i = 0; i < width; i++) gathered[k * width + i] = from[start + i] as number;
  }
  return gathered;
}
