/** @file GatherV2 with batch dimensions: tfjs's wasm kernel takes every batch's rows from the first one. */
import { tf } from '../../../tf.js';

/** Wraps tfjs's own kernel: batches become rows of one table. */
export function gather(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims?: number }; // the op's attributes
      const { x, indices } = call.inputs as { x: tf.Tensor; indices: tf.Tensor }; // tfjs-core runs kernels on Tensors
      // Says what does not fit together, as tfjs's kernels do.
      tf.backend_util.segment_util.collectGatherOpShapeInfo(
        x,
        indices,
        tf.util.parseAxisParam(axis, x.shape)[0] ?? 0,
        batchDims ?? 0,
      );
      const shared = (batchDims ?? 0) < 0 ? (batchDims ?? 0) + indices.rank : (batchDims ?? 0);
      const size = tf.util.sizeFromShape;
      const batch = size(x.shape.slice(0, shared));
      if (batch <= 1) return original.kernelFunc(call);
      const along = axis < 0 ? axis + x.rank : axis;
      const length = x.shape[along] ?? 1;
      const outer = size(x.shape.slice(shared, along));
      const inner = size(x.shape.slice(along + 1));
      // Behind its offset, an index outside its own batch would name another batch's row.
      for (const index of indices.dataSync()) {
        tf.util.assert(index >= 0 && index < length, () => `GatherV2: the index ${index} is not in [0, ${length - 1}]`);
      }
      return tf.tidy(() => {
        const table = x.reshape([batch, outer, length, inner]).transpose([0, 2, 1, 3]);
        const offsets = tf.range(0, batch, 1, 'int32').mul(tf.scalar(length, 'int32')).reshape([batch, 1]);
        const places = indices.toInt().reshape([batch, -1]).add(offsets);
        const rows = table.reshape([batch * length, outer, inner]).gather(places.toInt());
        const shape = [...x.shape.slice(0, along), ...indices.shape.slice(shared), ...x.shape.slice(along + 1)];
        return rows.transpose([0, 2, 1, 3]).reshape(shape);
      });
    },
  };
}
