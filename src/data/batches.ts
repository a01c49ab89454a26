/** @file Batches: chosen rows of a dataset, gathered into buffers that every batch uses again. */
import type { HostTensor, HostTensors } from '../engine/engine.js';
import { permutation } from '../random.js';
import type { Layout } from '../tasks/layout.js';
import { sizeOf } from './column.js';
import type { Batch, Dataset, InputMatrix } from './dataset.js';
import { COUNTS, inputPort, MASK, TARGETS } from './ports.js';

/**
 * Gathers rows into one batch. The arrays of the returned batch are the same at every call: a batch is valid until
 * the next one is asked for.
 */
export type Batcher = (rows: ArrayLike<number>) => Batch;

/** Batches of `size` rows. Fewer rows are padded: inputs, targets and mask of the padding are 0. */
export function createBatcher(dataset: Pick<Dataset, 'inputs' | 'targets' | 'mask' | 'layout'>, size: number): Batcher {
  const gatherInputs = createInputBatcher(dataset.inputs, size);
  const { width } = dataset.layout;
  const labels = labelTensors(dataset.layout, size);
  return (rows) => {
    const { tensors } = gatherInputs(rows);
    gather(dataset.targets, width, 1, rows, labels.targets.data);
    gather(dataset.mask, width, 1, rows, labels.mask.data);
    count(labels.mask.data.subarray(0, rows.length * width), labels);
    return { rows: rows.length, size, tensors: { ...tensors, ...labelPorts(labels) } };
  };
}

/** Batches of inputs only, scaled. */
export function createInputBatcher(inputs: Readonly<Record<string, InputMatrix>>, size: number): Batcher {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`a batch of ${size} rows`);
  const entries = Object.entries(inputs).map(([name, { shape, scale, values }]) => {
    const tensor = floats([size, ...shape]);
    return { name, scale, values, width: sizeOf(shape), tensor };
  });
  const tensors = Object.fromEntries(entries.map(({ name, tensor }) => [inputPort(name), tensor]));
  return (rows) => {
    if (rows.length > size) throw new RangeError(`${rows.length} rows in a batch of ${size}`);
    for (const { values, width, scale, tensor } of entries) gather(values, width, scale, rows, tensor.data);
    return { rows: rows.length, size, tensors };
  };
}

/** What every batch of `size` rows looks like, without its values. */
export function batchSpecs(
  inputs: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  layout: Layout,
  size: number,
): Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>> {
  const labels = labelTensors(layout, size);
  return {
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [inputPort(name), floats([size, ...shape])]),
    ),
    ...labelPorts(labels),
  };
}

/** The order of the rows in an epoch: a shuffle that depends on seed and epoch only. */
export function epochOrder(rows: number, seed: number, epoch: number): Uint32Array {
  return permutation(rows, { seed, stream: 'shuffle', counter: epoch });
}

/** A scalar of a batch. */
export function scalar(value: number): HostTensor {
  return { shape: [], dtype: 'float32', data: Float32Array.of(value) };
}

type FloatTensor = HostTensor & { readonly data: Float32Array };

function floats(shape: readonly number[]): FloatTensor {
  return { shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)) };
}

interface LabelTensors {
  readonly targets: FloatTensor;
  readonly mask: FloatTensor;
  readonly counts: FloatTensor;
  /** The place in `counts` of each label column. */
  readonly places: Uint32Array;
}

function labelTensors({ width, groups }: Layout, size: number): LabelTensors {
  const slots = groups.flatMap((group) => group.slots);
  const places = new Uint32Array(width);
  for (const [place, slot] of slots.entries()) places.fill(place, slot.offset, slot.offset + slot.width);
  return { targets: floats([size, width]), mask: floats([size, width]), counts: floats([slots.length]), places };
}

function labelPorts({ targets, mask, counts }: LabelTensors): HostTensors {
  return { [TARGETS]: targets, [MASK]: mask, [COUNTS]: counts };
}

/** The elements of each task that count, in layout order. */
function count(mask: Float32Array, { counts: { data }, places }: LabelTensors): void {
  data.fill(0);
  for (let row = 0; row < mask.length; row += places.length) {
    for (let column = 0; column < places.length; column++) {
      const place = places[column] as number;
      data[place] = (data[place] as number) + (mask[row + column] as number);
    }
  }
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
