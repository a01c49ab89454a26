import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchRows, createBatcher, createInputBatcher, epochOrder } from '../../src/data/batches.js';
import type { Dataset } from '../../src/data/dataset.js';
import type { Layout } from '../../src/tasks/layout.js';

/** Values that say where they come from: row r has r * 10 + column. */
function dataset(rows: number): Dataset {
  const layout: Layout = {
    slots: [],
    groups: [],
    width: 3,
    featureUnits: new Map(),
    slot: () => {
      throw new Error();
    },
  };
  const cells = (width: number) =>
    Array.from({ length: rows * width }, (_, i) => Math.floor(i / width) * 10 + (i % width));
  const bits = cells(3).map((value) => value % 2);
  const present = new Uint8Array(rows * 3).fill(1);
  return {
    rows,
    layout,
    inputs: {
      frame: { shape: [2, 1], scale: 0.5, values: Uint8Array.from(cells(2)) },
      age: { shape: [1], scale: 1, values: Float32Array.from(cells(1)) },
    },
    labels: { rows, width: 3, values: Float32Array.from(cells(3)), present },
    targets: Float32Array.from(cells(3)),
    mask: Uint8Array.from(bits),
    applies: new Uint8Array(rows),
  };
}

test('gathers rows, scales inputs, and pads a short batch with zeros', () => {
  const batch = createBatcher(dataset(5), 3)([4, 1]);
  expect(batch).toEqual({
    rows: 2,
    size: 3,
    inputs: { frame: new Float32Array([20, 20.5, 5, 5.5, 0, 0]), age: new Float32Array([40, 10, 0]) },
    targets: new Float32Array([40, 41, 42, 10, 11, 12, 0, 0, 0]),
    mask: new Float32Array([0, 1, 0, 0, 1, 0, 0, 0, 0]),
  });
});

test('uses the same buffers again, without a trace of the batch before', () => {
  const batcher = createBatcher(dataset(5), 3);
  const full = batcher([0, 1, 2]);
  const { targets } = full;
  const short = batcher([3]);
  expect(short.targets).toBe(targets);
  expect(short.inputs.frame).toBe(full.inputs.frame);
  expect(short).toEqual(createBatcher(dataset(5), 3)([3]));
  expect(batcher([])).toEqual(createBatcher(dataset(5), 3)([]));
});

test('equals a naive gather for any rows', () => {
  const data = dataset(20);
  fc.assert(
    fc.property(fc.array(fc.nat(19), { maxLength: 8 }), (rows) => {
      const batch = createBatcher(data, 8)(rows);
      for (let i = 0; i < 8; i++) {
        const row = rows[i];
        for (let j = 0; j < 3; j++) {
          expect(batch.targets[i * 3 + j]).toBe(row === undefined ? 0 : row * 10 + j);
          expect(batch.mask[i * 3 + j]).toBe(row === undefined ? 0 : (row * 10 + j) % 2);
        }
        for (let j = 0; j < 2; j++) {
          expect(batch.inputs.frame?.[i * 2 + j]).toBe(row === undefined ? 0 : (row * 10 + j) / 2);
        }
      }
    }),
  );
});

test('input batches need no labels', () => {
  const { inputs } = dataset(2);
  expect(createInputBatcher(inputs, 1)([1])).toEqual({
    rows: 1,
    size: 1,
    inputs: { frame: new Float32Array([5, 5.5]), age: new Float32Array([10]) },
  });
});

test('refuses a size that is no size, and more rows than it', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) expect(() => createBatcher(dataset(1), size)).toThrow(RangeError);
  expect(() => createBatcher(dataset(3), 2)([0, 1, 2])).toThrow(RangeError);
});

test('an epoch shuffles by seed and epoch only, and its batches hold every row once', () => {
  const order = epochOrder(103, 7, 2);
  expect(epochOrder(103, 7, 2)).toEqual(order);
  expect(epochOrder(103, 7, 3)).not.toEqual(order);
  expect(epochOrder(103, 8, 2)).not.toEqual(order);
  const batches = [...batchRows(order, 25)];
  expect(batches.map((rows) => rows.length)).toEqual([25, 25, 25, 25, 3]);
  expect(batches.flatMap((rows) => [...rows]).sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
});
