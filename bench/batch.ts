/** @file How long it takes to assemble one batch: 128 rows of 64 tasks (dnn_cool: 122 ms), and of images. */
import { createBatcher, epochOrder } from '../src/data/batches.js';
import { bindTable } from '../src/data/bind.js';
import type { Dataset } from '../src/data/dataset.js';
import { type ColumnSource, Table } from '../src/data/table.js';
import type { InputSpec, TaskNode } from '../src/flow/graph.js';
import { resolveFlow } from '../src/flow/resolve.js';
import { binary } from '../src/tasks/binary.js';
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

/** Binary tasks, each given the first, with a third of the labels missing. */
function dataset(tasks: number, spec: InputSpec, input: ColumnSource): Dataset {
  const kind = binary();
  const names = Array.from({ length: tasks }, (_, i) => `task${i}`);
  const members = names.map((name, i): TaskNode => {
    const condition = i === 0 ? null : ({ type: 'predicate', path: 'task0', predicate: 'isTrue', args: [] } as const);
    return { type: 'task', name, path: name, kind: kind.kind, options: kind.options, feature: 'x', condition };
  });
  const root = { type: 'flow', name: 'root', path: '', condition: null, members } as const;
  const graph = { format: 'headgate-flow', version: 1, name: 'bench', inputs: { x: spec }, root } as const;
  const flow = resolveFlow(graph, new Map(names.map((name) => [name, kind])));
  const labels = names.map((name, i): [string, ColumnSource] => [
    name,
    Array.from({ length: rows }, (_, row) => ((row * 7 + i) % 3 === 0 ? null : row % 2 === 0)),
  ]);
  return bindTable(Table.fromColumns({ ...Object.fromEntries(labels), x: input }), layoutOf(flow));
}

const vector = { kind: 'vector', shape: [16], scale: 1, columns: null };
const numbers = { data: new Float32Array(rows * 16).fill(0.5), shape: [16] };
const image = { kind: 'image', shape: [64, 64, 3], scale: 1 / 255, columns: null };
const bytes = { data: new Uint8Array(rows * 64 * 64 * 3).fill(9), shape: [64, 64, 3] };
const plain = measure(dataset(64, vector, numbers));
const ratio = (122_000 / plain).toFixed(0);
console.log(`128 rows x 64 tasks, 16 numbers: ${plain.toFixed(1)} µs a batch (dnn_cool: 122,000 µs, ${ratio} times)`);
const images = measure(dataset(64, image, bytes));
console.log(`128 rows x 64 tasks, 64x64x3 bytes: ${images.toFixed(1)} µs a batch`);
