/**
 * @file The gradients of gathering: one sum by segments. tfjs splits its tensors into one for each batch where there is
 * one batch dimension, and is wrong where there are more; of GatherNd and ScatterNd it has none.
 */
import { tf } from '../../tf.js';

export const gather: tf.GradConfig = {
  kernelName: tf.GatherV2,
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attributes) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor]; // inputsToSave
    const { axis, batchDims } = attributes as { axis: number; batchDims: number | undefined }; // the op's attributes
    return {
      x: () => sumByIndex(dy as tf.Tensor, x.shape, indices, axis, batchDims ?? 0),
      indices: () => tf.zerosLike(indices),
    };
  },
};

/** `dy` `[batch…, outer…, picked…, inner…]` -> `shape`, `[batch…, outer…, size, inner…]`. */
function sumByIndex(
  dy: tf.Tensor,
  shape: readonly number[],
  indices: tf.Tensor,
  axis: number,
  batchDims: number,
): tf.Tensor {
  const along = axis < 0 ? axis + shape.length : axis;
  const shared = batchDims < 0 ? batchDims + indices.rank : batchDims;
  const size = tf.util.sizeFromShape;
  const batch = size(shape.slice(0, shared));
  const outer = size(shape.slice(shared, along));
  const length = shape[along] ?? 1;
  const inner = size(shape.slice(along + 1));
  const picked = size(indices.shape.slice(shared));
  // Whatever comes before the picked axis goes behind it: a segment is a place of one batch.
  const slopes = swapMiddle(dy.reshape([batch, outer, picked, inner])).reshape([batch * picked, outer * inner]);
  const flat = indices.toInt().reshape([batch, picked]);
  const places =
    batch === 1 ? flat : flat.add(tf.range(0, batch, 1, 'int32').mul(tf.scalar(length, 'int32')).reshape([batch, 1]));
  const sums = tf.unsortedSegmentSum(slopes, places.reshape<tf.Tensor1D>([batch * picked]).toInt(), batch * length);
  return swapMiddle(sums.reshape([batch, length, outer, inner])).reshape([...shape]);
}

/** `[a, b, c, d]` -> `[a, c, b, d]`. */
function swapMiddle(x: tf.Tensor): tf.Tensor {
  const [a = 1, b = 1, c = 1, d = 1] = x.shape;
  return b === 1 || c === 1 ? x.reshape([a, c, b, d]) : x.transpose([0, 2, 1, 3]);
}

export const gatherNd: tf.GradConfig = {
  kernelName: tf.GatherNd,
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, saved) => {
    const [params, indices] = saved as [tf.Tensor, tf.Tensor]; // inputsToSave
    return {
      params: () => tf.scatterND(indices.toInt(), dy as tf.Tensor, params.shape),
      indices: () => tf.zerosLike(indices),
    };
  },
};

/** ScatterNd adds up what meets at one place, so each update has the slope of its place. */
export const scatterNd: tf.GradConfig = {
  kernelName: tf.ScatterNd,
  inputsToSave: ['indices'],
  gradFunc: (dy, saved) => {
    const [indices] = saved as [tf.Tensor]; // inputsToSave
    return {
      updates: () => tf.gatherND(dy as tf.Tensor, indices.toInt()),
      indices: () => tf.zerosLike(indices),
    };
  },
};
