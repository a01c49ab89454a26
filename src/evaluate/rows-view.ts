/** @file Gathers what a metric reads: one task's scores, decisions and labels on the instances that count. */
import type { Truth } from '../data/dataset.js';
import { TRUE } from '../flow/truth.js';
import { type Scores, scoresOf } from '../score/scores.js';
import { type MetricView, scoredUnits } from '../tasks/kind.js';
import type { TaskSlot } from '../tasks/layout.js';

/**
 * The instances of a task (rows, or positions of rows) with at least one label element for which `counted` (row-major
 * `[rows, layout.width]`) is 1 and, when given, the gate (of instances) is true.
 */
export function instancesOf(
  slot: TaskSlot,
  { rows, layout }: Truth,
  counted: Uint8Array,
  gate?: Uint8Array,
): Int32Array {
  const { positions, offset, width } = slot;
  const found = new Int32Array(rows * positions);
  let count = 0;
  for (let row = 0, instance = 0; row < rows; row++) {
    let start = row * layout.width + offset;
    for (let position = 0; position < positions; position++, instance++, start += width) {
      if (gate && gate[instance] !== TRUE) continue;
      let any = 0;
      for (let i = start; i < start + width; i++) any |= counted[i] as number;
      if (any === 1) found[count++] = instance;
    }
  }
  return found.subarray(0, count);
}

/** Nothing is copied that is needed whole: all instances of a task's scores, all columns of a flow with one task. */
export function metricView(
  slot: TaskSlot,
  instances: Int32Array,
  truth: Truth,
  scores: Scores,
  decoded: Float64Array,
  counted: Uint8Array,
): MetricView {
  const units = scoredUnits(slot.task.kind);
  const { logits, activated } = scoresOf(scores, slot.task.path);
  const scored: Cells = { stride: units, offset: 0, positions: 1, width: units };
  const labelled: Cells = { ...slot, stride: truth.layout.width };
  return {
    rows: instances.length,
    logits: gather(logits, scored, instances),
    activated: gather(activated, scored, instances),
    decoded: gather(decoded, labelled, instances),
    labels: gather(truth.labels.values, labelled, instances),
    counted: gather(counted, labelled, instances),
    losses: scores.elementLosses ? gather(scores.elementLosses, labelled, instances) : undefined,
  };
}

/** Where instances have their elements: `[rows, stride]`, and in it `[positions, width]` from `offset` on. */
interface Cells {
  readonly stride: number;
  readonly offset: number;
  readonly positions: number;
  readonly width: number;
}

type Numbers = Float32Array | Float64Array | Uint8Array;

function gather<T extends Numbers>(from: T, cells: Cells, instances: Int32Array): T {
  const { stride, offset, positions, width } = cells;
  if (instances.length * width === from.length) return from; // all of them, in their order, and nothing else
  const make = from.constructor as new (length: number) => T; // an array of the same type
  const gathered = new make(instances.length * width);
  for (let k = 0; k < instances.length; k++) {
    const instance = instances[k] as number;
    const row = Math.floor(instance / positions);
    const start = row * stride + offset + (instance - row * positions) * width;
    for (let i = 0; i < width; i++) gathered[k * width + i] = from[start + i] as number;
  }
  return gathered;
}
