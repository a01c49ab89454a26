/** @file Batches: chosen rows of a dataset, gathered into buffers that every batch uses again. */
import type { BatchTensor, HostTensor, HostTensors } from '../engine/engine.js';
import type { InputSpec } from '../flow/graph.js';
import { permutation } from '../random.js';
import type { Layout } from '../tasks/layout.js';
import { sizeOf } from './column.js';
import type { Batch, Dataset, InputMatrix, InputValues } from './dataset.js';
import { COUNTS, inputPort, MASK, TARGETS } from './ports.js';

/**
 * Gathers rows into one batch. The arrays of the returned batch are the same at every call: a batch is valid until
 * the next one is asked for. Who needs two at once, to gather one while the other is in use, makes two batchers.
 */
export type Batcher = (rows: ArrayLike<number>) => Batch;

export interface BatcherOptions {
  /**
   * Whether the inputs of a row that counts for no task become 0: where its activations overflow, it would bring NaN into
   * every kernel's gradient (∞ × 0 in the product with a slope of 0). Default false.
   */
  readonly blanksUncounted?: boolean;
}

/**
 * Batches of `size` rows. Fewer rows are padded: inputs, targets and mask of the padding are 0. Targets are made here,
 * of the labels of the batch's rows: no matrix of all of them is ever in memory.
 */
export function createBatcher(
  dataset: Pick<Dataset, 'inputs' | 'labels' | 'mask' | 'layout'>,
  size: number,
  { blanksUncounted = false }: BatcherOptions = {},
): Batcher {
  const gatherInputs = createInputBatcher(dataset.inputs, size);
  const { width } = dataset.layout;
  const labels = labelTensors(dataset.layout, size);
  return (rows) => {
    const { tensors } = gatherInputs(rows);
    gatherLabels(dataset, rows, labels);
    if (blanksUncounted) blankUncounted(tensors, labels.mask.data, width, rows.length);
    return { rows: rows.length, size, tensors: { ...tensors, ...labelPorts(labels) } };
  };
}

/** Batches of inputs only, in the types that they have: bytes stay bytes. */
export function createInputBatcher(inputs: Readonly<Record<string, InputMatrix>>, size: number): Batcher {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`a batch of ${size} rows`);
  const entries = Object.entries(inputs).map(([name, { shape, values }]) => {
    const tensor = { shape: [size, ...shape], dtype: typeOf(values), data: emptyLike(values, size * sizeOf(shape)) };
    return { name, values, width: sizeOf(shape), tensor };
  });
  const tensors = Object.fromEntries(entries.map(({ name, tensor }) => [inputPort(name), tensor]));
  return (rows) => {
    if (rows.length > size) throw new RangeError(`${rows.length} rows in a batch of ${size}`);
    for (const { values, width, tensor } of entries) gather(values, width, rows, tensor.data);
    return { rows: rows.length, size, tensors };
  };
}

/** What every batch of `size` rows looks like, without its values: of images, one of 8-bit frames. */
export function batchSpecs(
  inputs: Readonly<Record<string, Pick<InputSpec, 'kind' | 'shape'>>>,
  layout: Layout,
  size: number,
): Readonly<Record<string, Pick<BatchTensor, 'shape' | 'dtype'>>> {
  const labels = labelTensors(layout, size);
  return {
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, { kind, shape }]): [string, Pick<BatchTensor, 'shape' | 'dtype'>] => [
        inputPort(name),
        { shape: [size, ...shape], dtype: kind === 'image' ? 'uint8' : 'float32' },
      ]),
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
  /** Of each label column: its task's place in `counts`, and the way from label units to units of the loss. */
  readonly places: Uint32Array;
  readonly offsets: Float64Array;
  readonly scales: Float64Array;
}

function labelTensors({ width, groups }: Layout, size: number): LabelTensors {
  const slots = groups.flatMap((group) => group.slots);
  const places = new Uint32Array(width);
  const offsets = new Float64Array(width);
  const scales = new Float64Array(width).fill(1);
  for (const [place, { offset, width: own, task }] of slots.entries()) {
    places.fill(place, offset, offset + own);
    offsets.fill(task.kind.target?.offset ?? 0, offset, offset + own); // a kind without one has the loss's units
    scales.fill(task.kind.target?.scale ?? 1, offset, offset + own);
  }
  const counts = floats([slots.length]);
  return { targets: floats([size, width]), mask: floats([size, width]), counts, places, offsets, scales };
}

/**
 * Labels of these rows in units of the loss, and 0 wherever the mask is 0: a label that does not count never reaches a
 * kernel, where an enormous one could overflow to infinity, and infinity times 0 is NaN. The offset comes off in
 * float64, so that a timestamp keeps its seconds. Counts are of the elements of each task, in layout order.
 */
function gatherLabels(
  { labels: { values }, mask }: Pick<Dataset, 'labels' | 'mask'>,
  rows: ArrayLike<number>,
  into: LabelTensors,
): void {
  const { places, offsets, scales } = into;
  const [targets, masks, counts] = [into.targets.data, into.mask.data, into.counts.data];
  const width = places.length;
  for (const cleared of [targets, masks, counts]) cleared.fill(0);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * width;
    const to = i * width;
    for (let column = 0; column < width; column++) {
      if (mask[from + column] !== 1) continue;
      const value = values[from + column] as number;
      masks[to + column] = 1;
      targets[to + column] = (value - (offsets[column] as number)) * (scales[column] as number);
      const place = places[column] as number;
      counts[place] = (counts[place] as number) + 1;
    }
  }
}

function labelPorts({ targets, mask, counts }: LabelTensors): HostTensors {
  return { [TARGETS]: targets, [MASK]: mask, [COUNTS]: counts };
}

function blankUncounted(tensors: Batch['tensors'], mask: Float32Array, width: number, rows: number): void {
  for (let row = 0; row < rows; row++) {
    if (mask.subarray(row * width, (row + 1) * width).includes(1)) continue;
    for (const { shape, data } of Object.values(tensors)) {
      const size = sizeOf(shape.slice(1));
      data.fill(0, row * size, (row + 1) * size);
    }
  }
}

/** Some rows of an input, copied. */
export function rowsOf({ shape, values }: InputMatrix, rows: ArrayLike<number>): InputMatrix {
  const width = sizeOf(shape);
  const chosen = emptyLike(values, rows.length * width);
  gather(values, width, rows, chosen);
  return { shape, values: chosen };
}

function typeOf(values: InputValues): BatchTensor['dtype'] {
  if (values instanceof Uint8Array) return 'uint8';
  return values instanceof Int32Array ? 'int32' : 'float32';
}

function emptyLike(values: InputValues, size: number): InputValues {
  if (values instanceof Uint8Array) return new Uint8Array(size);
  return values instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
}

/** Copies rows, converting natively where the types differ, and fills the rest with 0. */
function gather(from: InputValues, width: number, rows: ArrayLike<number>, to: InputValues): void {
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const start = (rows[i] as number) * width;
    to.set(from.subarray(start, start + width), at);
    at += width;
  }
  to.fill(0, at);
}
