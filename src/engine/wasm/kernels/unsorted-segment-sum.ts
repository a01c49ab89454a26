/** @file Sums rows by segment: the gradient of `gather`, and so of an embedding. */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';

/** x `[rows, ...inner]`, segmentIds `[rows]` -> `[segments, ...inner]`. Rows of ids outside the segments are left out. */
export const unsortedSegmentSum: tf.KernelConfig = {
  kernelName: tf.UnsortedSegmentSum,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo }; // the op's inputs
    if (segmentIds.shape.length !== 1) throw new Error('unsortedSegmentSum on wasm takes segment ids of rank 1');
    const segments = Number(attrs?.numSegments);
    const inner = x.shape.slice(1);
    const {
      info,
      output,
      inputs: views,
    } = onHeap(backend, {
      shape: [segments, ...inner],
      dtype: x.dtype,
      inputs: [x, segmentIds],
    });
    const [values, ids] = views as [Float32Array, Int32Array]; // or an Int32Array, summed by the same code
    const width = tf.util.sizeFromShape(inner);
    for (let row = 0; row < ids.length; row++) {
      const segment = ids[row] as number;
      if (segment < 0 || segment >= segments) continue;
      const [from, to] = [row * width, segment * width];
      for (let i = 0; i < width; i++) output[to + i] = (output[to + i] as number) + (values[from + i] as number);
    }
    return info;
  },
};
