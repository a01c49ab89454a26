/**
 * @file The gradient of max pooling of volumes, mended: tfjs's cpu backend counts places in a window by its height where
 * it should by its width, so that windows of unequal sides give their slope to the wrong voxel.
 */
import type { tf } from '../../tf.js';
import { forEachMaximum, volumePool } from '../kernels/pool-windows.js';
import type { CpuBackend, CpuKernel } from './backend.js';

export const maxPool3DGrad: CpuKernel = ({ inputs, backend, attrs }) => {
  const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo }; // the op's inputs
  const cpu = backend as CpuBackend; // registered for this backend alone
  const slope = cpu.data.get(dy.dataId).values;
  const values = cpu.data.get(input.dataId).values as Float32Array; // pooling is differentiated for float32
  const output = new Float32Array(values.length);
  forEachMaximum(volumePool(input.shape, attrs), values, { ties: 'last', nan: 'passed over' }, (window, at) => {
    output[at] = (output[at] ?? 0) + (slope[window] ?? 0);
  });
  return cpu.makeTensorInfo(input.shape, 'float32', output);
};
