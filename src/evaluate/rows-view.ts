/** @file Gathers what a metric reads: one task's scores, decisions and labels on the instances that count. */
import type { Truth } from '../data/dataset.js';
import { TRUE } from '../flow/truth.js';
import { type Scores, scoresOf } from '../score/scores.js';
import type { MetricView } from '../tasks/kind.js';
import { labelStart, type TaskSlot } from '../tasks/layout.js';

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
  const all = rows * slot.positions;
  const found = new Int32Array(all);
  let count = 0;
  for (let instance = 0; instance < all; instance++) {
    if (gate && gate[instance] !== TRUE) continue;
    const start = labelStart(layout, slot, instance);
    let any = 0;
    for (let i = start; i < start + slot.width; i++) any |= counted[i] as number;
    if (any === 1) found[count++] = instance;
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
  const { units } = slot.task.kind;
  const { logits, activated } = scoresOf(scores, slot.task.path);
  const scored: Cells = { width: units, start: (instance) => instance * units };
  const labelled: Cells = { width: slot.width, start: (instance) => labelStart(truth.layout, slot, instance) };
  return {
    rows: instances.length,
    logits: gather(logits, scored, instances),
    activated: gather(activated, scored, instances),
    decoded: gather(decoded, labelled, instances),
    labels: gather(truth.labels.values, labelled, instances),
    counted: gather(counted, labelled, instances),
  };
}

/** Where each instance has its elements. */
interface Cells {
  readonly width: number;
  readonly start: (instance: number) => number;
}

type Numbers = Float32Array | Float64Array | Uint8Array;

function gather<T extends Numbers>(from: T, { width, start: startOf }: Cells, instances: Int32Array): T {
  if (instances.length * width === from.length) return from; // all of them, in their order, and nothing else
  const make = from.constructor as new (length: number) => T; // an array of the same type
  const gathered = new make(instances.length * width);
  for (let k = 0; k < instances.length; k++) {
    const start = startOf(instances[k] as number);
    for (let i = 0; i < width; i++) gathered[k * width + i] = from[start + i] as number;
  }
  return gathered;
}
