/**
 * @file Sums rows by segment, in one walk over the rows: tfjs's cpu backend compares all rows with every segment, so that
 * the gradient of an embedding took time by words × rows.
 */
import { tf } from '../../tf.js';
import type { CpuBackend, CpuKernel } from './backend.js';

/** x `[…ids, …inner]`, segmentIds `[…ids]` -> `[segments, …inner]`. Rows of ids outside the segments are left out. */
export const unsortedSegmentSum: CpuKernel = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo }; // the op's inputs
  const cpu = backend as CpuBackend; // registered for this backend alone
  const segments = Number(attrs?.numSegments);
  const inner = x.shape.slice(segmentIds.shape.length);
  const width = tf.util.sizeFromShape(inner);
  const values = cpu.data.get(x.dataId).values;
  const ids = cpu.data.get(segmentIds.dataId).values;
  const output = x.dtype === 'int32' ? new Int32Array(segments * width) : new Float32Array(segments * width);
  ids.forEach((segment, row) => {
    if (segment < 0 || segment >= segments) return;
    const [from, to] = [row * width, segment * width];
    for (let i = 0; i < width; i++) output[to + i] = (output[to + i] ?? 0) + (values[from + i] ?? 0);
  });
  return cpu.makeTensorInfo([segments, ...inner], x.dtype === 'int32' ? 'int32' : 'float32', output);
};
