/** @file How long it takes to assemble one batch: 128 rows of 64 tasks (dnn_cool: 122 ms), and of images. */
import { createBatcher, epochOrder } from '../src/data/batches.js';
import type { Dataset } from '../src/data/dataset.js';
import { layoutOf } from '../src/tasks/layout.js';

const rows = 4096;
const size = 128;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Median microseconds of one batch over shuffled rows. */
function measure(dataset: Dataset): number {
  const batcher = createBatcher(dataset, size);
  const order = epochOrder(rows, 1, 0);
  const times: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const start = (i * size) % rows;
    const before = performance.now();
    batcher(order.subarray(start, start + size));
    times.push((performance.now() - before) * 1000);
  }
  return median(times.slice(200));
}

function dataset(tasks: number, inputs: Dataset['inputs']): Dataset {
  const layout = { ...layoutOf({ tasks: [] } as never), width: tasks };
  const values = new Float32Array(rows * tasks).fill(1);
  const mask = new Uint8Array(rows * tasks).fill(1);
  return {
    rows,
    layout,
    inputs,
    labels: { rows, width: tasks, values, present: mask },
    targets: values,
    mask,
    applies: mask,
  };
}

const vector = { x: { shape: [16], scale: 1, values: new Float32Array(rows * 16) } };
const image = { frame: { shape: [64, 64, 3], scale: 1 / 255, values: new Uint8Array(rows * 64 * 64 * 3).fill(9) } };
for (const [name, data] of [
  ['128 rows x 64 tasks, 16 numbers', dataset(64, vector)],
  ['128 rows x 64 tasks, 64x64x3 bytes', dataset(64, image)],
] as const) {
  console.log(`${name}: ${measure(data).toFixed(1)} µs a batch`);
}
