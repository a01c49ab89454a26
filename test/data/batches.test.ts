import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatcher, createInputBatcher, epochOrder } from '../../src/data/batches.js';
import { bindTable } from '../../src/data/bind.js';
import type { Dataset } from '../../src/data/dataset.js';
import type { BatchTensor, HostTensor } from '../../src/engine/engine.js';
import type { FlowGraph } from '../../src/flow/graph.js';
import { type Layout, layoutOf } from '../../src/tasks/layout.js';
import { labelRows, randomFlow } from '../support/random-flow.js';

const absent = (): never => {
  throw new Error('this layout has no tasks');
};
const emptyGraph: FlowGraph = {
  format: 'headgate-flow',
  version: 1,
  name: 'empty',
  inputs: {},
  root: { type: 'flow', name: 'full', path: '', condition: null, members: [] },
};

function floats(shape: readonly number[], values: readonly number[]): HostTensor {
  return { shape, dtype: 'float32', data: Float32Array.from(values) };
}

function bytes(shape: readonly number[], values: readonly number[]): BatchTensor {
  return { shape, dtype: 'uint8', data: Uint8Array.from(values) };
}

/** Values that say where they come from: row r has r * 10 + column. */
function dataset(rows: number): Dataset {
  const layout: Layout = {
    flow: { graph: emptyGraph, tasks: [], evaluationOrder: [], task: absent },
    slots: [],
    groups: [],
    width: 3,
    featureUnits: new Map(),
    slot: absent,
  };
  const cells = (width: number) =>
    Array.from({ length: rows * width }, (_, i) => Math.floor(i / width) * 10 + (i % width));
  const bits = cells(3).map((value) => value % 2);
  const present = new Uint8Array(rows * 3).fill(1);
  return {
    rows,
    layout,
    inputs: {
      frame: { shape: [2, 1], values: Uint8Array.from(cells(2)) },
      age: { shape: [1], values: Float32Array.from(cells(1)) },
    },
    labels: { rows, width: 3, values: Float64Array.from(cells(3)), present },
    mask: Uint8Array.from(bits),
    applies: new Uint8Array(rows),
    ids: Uint32Array.from({ length: rows }, (_, row) => row),
  };
}

test('gathers rows, bytes as bytes, and pads a short batch with zeros', () => {
  const batch = createBatcher(dataset(5), 3)([4, 1]);
  expect(batch).toEqual({
    rows: 2,
    size: 3,
    tensors: {
      'input/frame': bytes([3, 2, 1], [40, 41, 10, 11, 0, 0]),
      'input/age': floats([3, 1], [40, 10, 0]),
      targets: floats([3, 3], [0, 41, 0, 0, 11, 0, 0, 0, 0]), // where the mask is 1
      mask: floats([3, 3], [0, 1, 0, 0, 1, 0, 0, 0, 0]),
      counts: floats([0], []), // this layout has no tasks
    },
  });
});

test('uses the same buffers again, without a trace of the batch before', () => {
  const batcher = createBatcher(dataset(5), 3);
  const full = batcher([0, 1, 2]);
  const targets = full.tensors.targets?.data;
  const short = batcher([3]);
  expect(short.tensors.targets?.data).toBe(targets);
  expect(short.tensors['input/frame']).toBe(full.tensors['input/frame']);
  expect(short).toEqual(createBatcher(dataset(5), 3)([3]));
  expect(batcher([])).toEqual(createBatcher(dataset(5), 3)([]));
});

test('equals a naive gather for any rows', () => {
  const data = dataset(20);
  fc.assert(
    fc.property(fc.array(fc.nat(19), { maxLength: 8 }), (rows) => {
      const { tensors } = createBatcher(data, 8)(rows);
      for (let i = 0; i < 8; i++) {
        const row = rows[i];
        for (let j = 0; j < 3; j++) {
          const counted = row === undefined ? 0 : (row * 10 + j) % 2;
          expect(tensors.mask?.data[i * 3 + j]).toBe(counted);
          expect(tensors.targets?.data[i * 3 + j]).toBe(counted === 0 ? 0 : Number(row) * 10 + j);
        }
        for (let j = 0; j < 2; j++) {
          expect(tensors['input/frame']?.data[i * 2 + j]).toBe(row === undefined ? 0 : row * 10 + j);
        }
      }
    }),
  );
});

test('targets are the labels that count, in units of the loss, to the bit, and 0 elsewhere', () => {
  fc.assert(
    fc.property(randomFlow, fc.integer({ min: 1, max: 12 }), fc.nat(), ({ flow }, count, seed) => {
      const own = layoutOf(flow);
      const bound = bindTable(
        labelRows(flow, count, seed).map((row) => ({ ...row, x: [0, 0, 0] })),
        own,
      );
      const rows = Array.from({ length: count }, (_, i) => (i * 5 + seed) % count);
      const { tensors } = createBatcher(bound, count + 2)(rows);
      const expected = new Float32Array((count + 2) * own.width);
      for (const { task, offset, width } of own.slots) {
        const { target = { offset: 0, scale: 1 } } = task.kind;
        for (const [i, row] of rows.entries()) {
          for (let element = offset; element < offset + width; element++) {
            const from = row * own.width + element;
            const value = (Number(bound.labels.values[from]) - target.offset) * target.scale;
            if (bound.mask[from] === 1) expected[i * own.width + element] = value;
          }
        }
      }
      expect(tensors.targets?.data).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test('input batches need no labels', () => {
  const { inputs } = dataset(2);
  expect(createInputBatcher(inputs, 1)([1])).toEqual({
    rows: 1,
    size: 1,
    tensors: { 'input/frame': bytes([1, 2, 1], [10, 11]), 'input/age': floats([1, 1], [10]) },
  });
});

test('refuses a size that is no size, and more rows than it', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) expect(() => createBatcher(dataset(1), size)).toThrow(RangeError);
  expect(() => createBatcher(dataset(3), 2)([0, 1, 2])).toThrow(RangeError);
});

test('an epoch shuffles by seed and epoch only, and holds every row once', () => {
  const order = epochOrder(103, 7, 2);
  expect(epochOrder(103, 7, 2)).toEqual(order);
  expect(epochOrder(103, 7, 3)).not.toEqual(order);
  expect(epochOrder(103, 8, 2)).not.toEqual(order);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
});
