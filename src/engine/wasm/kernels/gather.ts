/** @file GatherV2 batch by batch: tfjs's wasm kernel takes every batch's rows from the first, and reads past its input. */
import { tf } from '../../../tf.js';
import type { Numbers, Wrap } from '../../kernels/arrays.js';
import { onHeap } from './heap.js';

export const gather: Wrap = (original) => ({
  ...original,
  kernelFunc: (call) => {
    const { x, indices } = call.inputs as { x: tf.TensorInfo; indices: tf.TensorInfo }; // the op's inputs
    const { axis, batchDims = 0 } = call.attrs as unknown as Partial<tf.GatherV2Attrs>; // its attributes
    if (batchDims === 0 || x.dtype === 'string') return original.kernelFunc(call);
    const [along = 0] = tf.util.parseAxisParam(axis ?? 0, x.shape);
    // tfjs declares tensors where it reads only their shapes.
    const shapes = [x as tf.Tensor, indices as tf.Tensor] as const;
    const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(...shapes, along, batchDims);
    const { batchSize, outerSize, dimSize, sliceSize } = info;
    const made = onHeap(call.backend, { shape: info.outputShape, dtype: x.dtype, inputs: [x, indices] });
    const [values, places] = made.inputs as [Numbers, Numbers]; // two
    const each = places.length / Math.max(1, batchSize);
    let to = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        const table = (batch * outerSize + outer) * dimSize;
        for (let i = 0; i < each; i++, to += sliceSize) {
          const from = (table + (places[batch * each + i] as number)) * sliceSize;
          made.output.set(values.subarray(from, from + sliceSize), to);
        }
      }
    }
    return made.info;
  },
});
