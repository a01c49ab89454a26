/**
 * @file Which tfjs kernels read places that a tensor of indices names, and what they refuse. Left alone, an index that is
 * out of range is another row on one engine, zeros on the next, and memory of somebody else on the third.
 * One-hot and segment sums are not among them: TensorFlow defines what lies outside there as no place at all.
 */
import { HeadgateError } from '../../errors.js';
import { tf } from '../../tf.js';

type Shape = readonly number[];

export interface IndexRule {
  /** The kernel's input that holds the indices. */
  readonly input: string;
  /** How many places there are along each coordinate: one number, or one for each number of an index's last axis. */
  readonly limits: (shapeOf: (input: string) => Shape, attributes: unknown) => readonly number[];
}

const coordinates = (indices: Shape, shape: Shape): Shape =>
  shape.slice(0, indices.length < 2 ? 1 : (indices.at(-1) ?? 1));

/** Reason for the assertions: the kernel's name decides what its attributes are. */
export const indexRules: ReadonlyMap<string, IndexRule> = new Map<string, IndexRule>([
  [
    tf.GatherV2,
    {
      input: 'indices',
      limits: (shapeOf, attributes) => {
        const x = shapeOf('x');
        const [axis = 0] = tf.util.parseAxisParam((attributes as tf.GatherV2Attrs).axis, [...x]);
        return x.slice(axis, axis + 1);
      },
    },
  ],
  [
    tf.GatherNd,
    {
      input: 'indices',
      limits: (shapeOf) => shapeOf('params').slice(0, shapeOf('indices').at(-1) ?? 0),
    },
  ],
  [
    tf.ScatterNd,
    {
      input: 'indices',
      limits: (shapeOf, attributes) => coordinates(shapeOf('indices'), (attributes as tf.ScatterNdAttrs).shape),
    },
  ],
  [
    tf.TensorScatterUpdate,
    { input: 'indices', limits: (shapeOf) => coordinates(shapeOf('indices'), shapeOf('tensor')) },
  ],
  [
    tf.SparseToDense,
    {
      input: 'sparseIndices',
      limits: (shapeOf, attributes) =>
        coordinates(shapeOf('sparseIndices'), (attributes as tf.SparseToDenseAttrs).outputShape),
    },
  ],
  [tf.CropAndResize, { input: 'boxInd', limits: (shapeOf) => shapeOf('image').slice(0, 1) }],
  // What lies above the bins is not counted, but a negative number is a mistake.
  [tf.Bincount, { input: 'x', limits: () => [Number.POSITIVE_INFINITY] }],
  [tf.DenseBincount, { input: 'x', limits: () => [Number.POSITIVE_INFINITY] }],
]);

/** The least and the greatest index of each coordinate, coordinates being the last axis of `indices`. */
export interface Extremes {
  readonly least: ArrayLike<number>;
  readonly greatest: ArrayLike<number>;
}

export function extremesOf(indices: ArrayLike<number>, coordinates: number): Extremes {
  const least = new Float64Array(coordinates).fill(Number.POSITIVE_INFINITY);
  const greatest = new Float64Array(coordinates).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < indices.length; i++) {
    const [at, index] = [i % coordinates, indices[i] as number];
    if (index < (least[at] as number)) least[at] = index;
    if (index > (greatest[at] as number)) greatest[at] = index;
  }
  return { least, greatest };
}

/**
 * @param where the operation, and the layer where it is known
 * @throws HeadgateError `INDEX_OUT_OF_RANGE` unless every index is at least 0 and below the limit of its coordinate
 */
export function refuseOutside(where: string, { least, greatest }: Extremes, limits: readonly number[]): void {
  for (const [coordinate, limit] of limits.entries()) {
    const [low, high] = [least[coordinate] as number, greatest[coordinate] as number];
    if (low > high || (low >= 0 && high < limit)) continue;
    const along = limits.length === 1 ? '' : ` of coordinate ${coordinate}`;
    const index = low < 0 ? low : high;
    throw new HeadgateError({
      code: 'INDEX_OUT_OF_RANGE',
      path: where,
      // tfjs's own words, where its kernels look at all.
      problem: `the index value ${index}${along} is not in [0, ${limit - 1}${limit === Number.POSITIVE_INFINITY ? ')' : ']'}`,
      expected: rangeOf(limit),
      received: String(index),
      mend: 'Count from 0, and make the table as long as the greatest index asks (for an embedding: inputDim). No index stands for "missing": give such rows one of their own.',
    });
  }
}

function rangeOf(limit: number): string {
  if (limit === Number.POSITIVE_INFINITY) return 'an index of at least 0';
  return limit === 0 ? 'no index at all, for there is nothing to read' : `an index from 0 to ${limit - 1}`;
}

/** `refuseOutside` for tensors whose numbers are at hand. `read` gives those of one input. */
export function refuseIndices(
  kernelName: string,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attributes: unknown,
  read: (input: tf.TensorInfo) => ArrayLike<number>,
): void {
  const rule = indexRules.get(kernelName);
  const indices = rule === undefined ? undefined : inputs[rule.input];
  if (rule === undefined || indices === undefined) return;
  const limits = rule.limits((input) => inputs[input]?.shape ?? [], attributes);
  if (limits.length > 0) refuseOutside(kernelName, extremesOf(read(indices), limits.length), limits);
}
