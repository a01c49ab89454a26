/** @file Batches: chosen rows of a dataset, gathered into buffers that every batch uses again. */
import { permutation } from '../random.js';
import { sizeOf } from './column.js';
import type { Batch, Dataset, InputMatrix } from './dataset.js';

/**
 * Gathers rows into one batch. The arrays of the returned batch are the same at every call: a batch is valid until
 * the next one is asked for.
 */
export type Batcher = (rows: ArrayLike<number>) => Batch;

/** As `Batcher`, for data without labels. */
export type InputBatcher = (rows: ArrayLike<number>) => Pick<Batch, 'rows' | 'size' | 'inputs'>;

/** Batches of `size` rows. Fewer rows are padded: inputs, targets and mask of the padding are 0. */
export function createBatcher(dataset: Dataset, size: number): Batcher {
  const gatherInputs = createInputBatcher(dataset.inputs, size);
  const { width } = dataset.layout;
  const targets = new Float32Array(size * width);
  const mask = new Float32Array(size * width);
  return (rows) => {
    const { inputs } = gatherInputs(rows);
    gather(dataset.targets, width, 1, rows, targets);
    gather(dataset.mask, width, 1, rows, mask);
    return { rows: rows.length, size, inputs, targets, mask };
  };
}

/** Batches of inputs only, scaled. */
export function createInputBatcher(inputs: Readonly<Record<string, InputMatrix>>, size: number): InputBatcher {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`a batch of ${size} rows`);
  const entries = Object.entries(inputs).map(([name, { shape, scale, values }]) => {
    const width = sizeOf(shape);
    return { name, scale, values, width, buffer: new Float32Array(size * width) };
  });
  const buffers = Object.fromEntries(entries.map(({ name, buffer }) => [name, buffer]));
  return (rows) => {
    if (rows.length > size) throw new RangeError(`${rows.length} rows in a batch of ${size}`);
    for (const { values, width, scale, buffer } of entries) gather(values, width, scale, rows, buffer);
    return { rows: rows.length, size, inputs: buffers };
  };
}

/** The order of the rows in an epoch: a shuffle that depends on seed and epoch only. */
export function epochOrder(rows: number, seed: number, epoch: number): Uint32Array {
  return permutation(rows, { seed, stream: 'shuffle', counter: epoch });
}

/** The rows of one batch after another, in the given order; the last may be short. */
export function* batchRows(order: Uint32Array, size: number): Generator<Uint32Array> {
  for (let start = 0; start < order.length; start += size) yield order.subarray(start, start + size);
}

function gather(
  from: Float32Array | Uint8Array,
  width: number,
  scale: number,
  rows: ArrayLike<number>,
  to: Float32Array,
): void {
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const start = (rows[i] as number) * width;
    to.set(from.subarray(start, start + width), at);
    at += width;
  }
  // Copying converts bytes natively; scaling what was copied takes half the time of doing both at once.
  if (scale !== 1) for (let j = 0; j < at; j++) to[j] = (to[j] as number) * scale;
  to.fill(0, at);
}
