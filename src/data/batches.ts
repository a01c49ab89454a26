/** @file Batches: chosen rows of a dataset, gathered into buffers that every batch uses again. */
import type { BatchTensor, HostTensor, HostTensors } from '../engine/engine.js';
import type { InputSpec } from '../flow/graph.js';
import { permutation } from '../random.js';
import type { Layout } from '../tasks/layout.js';
import { sizeOf } from './column.js';
import type { Batch, Dataset, InputMatrix, InputValues, LabelMatrix } from './dataset.js';
import { hiddenInputs } from './hiding/hidden-inputs.js';
import { EVALUATION, hideTokens } from './hiding/hide.js';
import { hiddenPlaces } from './hiding/places.js';
import { COUNTS, inputPort, MASK, ROW_WEIGHTS, TARGETS } from './ports.js';

/**
 * Gathers rows into one batch. The arrays of the returned batch are the same at every call: a batch is valid until
 * the next one is asked for. Who needs two at once, to gather one while the other is in use, makes two batchers.
 *
 * @param epoch in which the batch is used; default 0. What is drawn for a row differs from epoch to epoch
 */
export type Batcher = (rows: ArrayLike<number>, epoch?: number) => Batch;

export interface BatcherOptions {
  /**
   * Whether the inputs of a row that counts for no task become 0: where its activations overflow, it would bring NaN into
   * every kernel's gradient (∞ × 0 in the product with a slope of 0). Default false.
   */
  readonly blanksUncounted?: boolean;
  /** Of what is drawn for each row, such as the tokens that are hidden. Default 0, that of evaluations. */
  readonly seed?: number;
  /** Whether tokens are hidden for the tasks that ask for them. Default true. */
  readonly hides?: boolean;
}

/**
 * Batches of `size` rows. Fewer rows are padded: inputs, targets and mask of the padding are 0. Targets are those
 * of the dataset's labels, made when its first batcher is.
 */
export function createBatcher(
  dataset: Pick<Dataset, 'inputs' | 'labels' | 'mask' | 'layout' | 'weights'> & Partial<Pick<Dataset, 'ids'>>,
  size: number,
  { blanksUncounted = false, seed = EVALUATION.seed, hides = true }: BatcherOptions = {},
): Batcher {
  const gatherInputs = createInputBatcher(dataset.inputs, size);
  const { layout, ids } = dataset;
  const { width } = layout;
  const isHiding = hides && hiddenInputs(layout).length > 0;
  const places = hiddenPlaces(layout, size);
  const labels = labelTensors(dataset.layout, size);
  const targets = targetsOf(dataset, labels.moved);
  const { weights } = dataset;
  const rowWeights = weights === undefined ? null : floats([size]);
  return (rows, epoch = EVALUATION.epoch) => {
    const { tensors } = gatherInputs(rows);
    gather(targets, width, rows, labels.targets.data);
    gather(dataset.mask, width, rows, labels.mask.data);
    if (isHiding) {
      const hidden = {
        rows: rows.length,
        values: (input: string) => tensors[inputPort(input)]?.data as InputValues, // of every input
        mask: labels.mask.data,
        id: (row: number) => ids?.[rows[row] as number] ?? (rows[row] as number), // by its place, without ids
        hidden: places.see,
      };
      places.clear();
      hideTokens(layout, hidden, { seed, epoch });
    }
    if (weights !== undefined && rowWeights !== null) {
      gather(weights, 1, rows, rowWeights.data);
      weighLabels(labels, rowWeights.data, rows.length);
    } else if (isHiding) weighLabels(labels, null, rows.length);
    else countLabels(dataset.mask, rows, labels);
    if (blanksUncounted) blankUncounted(tensors, labels.mask.data, width, rows.length);
    return {
      rows: rows.length,
      size,
      tensors: {
        ...tensors,
        ...labelPorts(labels),
        ...(isHiding ? places.tensors : {}),
        ...(rowWeights === null ? {} : { [ROW_WEIGHTS]: rowWeights }),
      },
    };
  };
}

/** All rows of a dataset as one batch, with arrays of its own. */
export function wholeBatch(dataset: Dataset, size: number, options: BatcherOptions, epoch: number): Batch {
  return createBatcher(
    dataset,
    size,
    options,
  )(
    Uint32Array.from({ length: dataset.rows }, (_, row) => row),
    epoch,
  );
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

/** What every batch of `size` rows looks like, without its values: of images, one of 8-bit frames; of masks, bytes. */
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
        { shape: [size, ...shape], dtype: kind === 'image' || kind === 'mask' ? 'uint8' : 'float32' },
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
  /** Place of its task in `counts` of each label column. */
  readonly places: Uint32Array;
  /** Columns whose labels are not in units of the loss, with the way there. */
  readonly moved: readonly MovedColumns[];
}

interface MovedColumns {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly scale: number;
}

function labelTensors({ width, groups }: Layout, size: number): LabelTensors {
  const slots = groups.flatMap((group) => group.slots);
  const places = new Uint32Array(width);
  for (const [place, { offset, columns }] of slots.entries()) places.fill(place, offset, offset + columns);
  const moved = slots.flatMap(({ offset: start, columns, task: { kind } }) =>
    kind.target === undefined ? [] : [{ start, end: start + columns, ...kind.target }],
  );
  return { targets: floats([size, width]), mask: floats([size, width]), counts: floats([slots.length]), places, moved };
}

/** Targets of datasets that are batched now: made once, since a copy of floats takes a third of making them in each batch. */
const targetsMade = new WeakMap<LabelMatrix, Float32Array>();

/**
 * Labels in units of the loss, `[rows, width]`, and 0 wherever the mask is 0: a label that does not count never reaches a
 * kernel, where an enormous one could overflow to infinity, and infinity times 0 is NaN. The offset comes off in float64,
 * so that a timestamp keeps its seconds.
 */
function targetsOf({ labels, mask }: Pick<Dataset, 'labels' | 'mask'>, moved: readonly MovedColumns[]): Float32Array {
  const known = targetsMade.get(labels);
  if (known !== undefined) return known;
  const { values, width, rows, present } = labels;
  const targets = new Float32Array(mask.length);
  if (Buffer.compare(mask, present) === 0)
    targets.set(values); // missing elements are 0
  else for (let i = 0; i < mask.length; i++) if (mask[i] === 1) targets[i] = values[i] as number;
  for (const { start, end, offset, scale } of moved) {
    for (let row = 0; row < rows; row++) {
      for (let i = row * width + start; i < row * width + end; i++) {
        if (mask[i] === 1) targets[i] = ((values[i] as number) - offset) * scale;
      }
    }
  }
  targetsMade.set(labels, targets);
  return targets;
}

/** Rows after which the bytes of a sum could overflow. */
const MOST_SUMMED = 255;

/** The elements of each task that count, in layout order: four columns of bytes are summed as one word. */
function countLabels(mask: Uint8Array, rows: ArrayLike<number>, { places, counts }: LabelTensors): void {
  const width = places.length;
  counts.data.fill(0);
  const isWhole = width % 4 === 0 && mask.byteOffset % 4 === 0;
  const sums = new Uint32Array(isWhole ? width / 4 : width);
  const parts = isWhole ? new Uint32Array(mask.buffer, mask.byteOffset, mask.length >> 2) : mask;
  const columns = isWhole ? new Uint8Array(sums.buffer) : sums;
  const size = sums.length;
  for (let start = 0; start < rows.length; start += MOST_SUMMED) {
    const end = Math.min(rows.length, start + MOST_SUMMED);
    sums.fill(0);
    for (let i = start; i < end; i++) {
      const from = (rows[i] as number) * size;
      for (let part = 0; part < size; part++) sums[part] = (sums[part] as number) + (parts[from + part] as number);
    }
    for (let column = 0; column < width; column++) {
      const place = places[column] as number;
      counts.data[place] = (counts.data[place] as number) + (columns[column] as number);
    }
  }
}

/** Of each task, the weights of its elements that count in this batch; null: 1 each. */
function weighLabels({ mask, places, counts }: LabelTensors, weights: Float32Array | null, rows: number): void {
  const width = places.length;
  const sums = new Float64Array(counts.data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      if (mask.data[row * width + column] === 0) continue;
      const place = places[column] as number;
      sums[place] = (sums[place] as number) + (weights === null ? 1 : (weights[row] as number)); // one for each row
    }
  }
  counts.data.set(sums);
}

function labelPorts({ targets, mask, counts }: LabelTensors): HostTensors {
  return { [TARGETS]: targets, [MASK]: mask, [COUNTS]: counts };
}

function blankUncounted(tensors: Batch['tensors'], mask: Float32Array, width: number, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * width;
    let i = row * width;
    while (i < end && mask[i] === 0) i++;
    if (i < end) continue;
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
  if (isRun(rows)) {
    const first = rows[0] ?? 0;
    to.set(from.subarray(first * width, (first + rows.length) * width));
    to.fill(0, rows.length * width);
    return;
  }
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const start = (rows[i] as number) * width;
    to.set(from.subarray(start, start + width), at);
    at += width;
  }
  to.fill(0, at);
}

/** Whether they follow one another, as those of a piece of a source do. */
function isRun(rows: ArrayLike<number>): boolean {
  const first = rows[0] ?? 0;
  for (let i = 1; i < rows.length; i++) if (rows[i] !== first + i) return false;
  return true;
}
