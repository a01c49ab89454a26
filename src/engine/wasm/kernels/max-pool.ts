/**
 * @file Max pooling of volumes and the gradients of max pooling. Replaces tfjs's own wasm kernels, which are wrong,
 * without a word, wherever a window holds no positive number: they look for a maximum above the least positive float.
 */
import { tf } from '../../../tf.js';
import { forEachMaximum, planePool, volumePool } from '../../kernels/pool-windows.js';
import { onHeap } from './heap.js';
import type { VolumeInfo } from './taps.js';

export const maxPool3D: tf.KernelConfig = {
  kernelName: tf.MaxPool3D,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const x = inputs.x as tf.TensorInfo; // the op's input
    const pool = volumePool(x.shape, attrs);
    const { info, output, inputs: views } = onHeap(backend, { shape: pool.outShape, dtype: x.dtype, inputs: [x] });
    const values = views[0] as Float32Array; // the kernel is for float32
    forEachMaximum(pool, values, { ties: 'first', nan: 'largest' }, (window, at) => {
      output[window] = values[at] as number;
    });
    return info;
  },
};

// Of equal values, tfjs's cpu backend takes the first in a plane and the last in a volume.
export const maxPoolGrad: tf.KernelConfig = gradient(tf.MaxPoolGrad, planePool, 'first');
export const maxPool3DGrad: tf.KernelConfig = gradient(tf.MaxPool3DGrad, volumePool, 'last');

type Pool = (shape: number[], attributes: tf.NamedAttrMap | undefined) => VolumeInfo;

/** Each window's gradient goes to its largest value. */
function gradient(kernelName: string, poolOf: Pool, ties: 'first' | 'last'): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo }; // the op's inputs
      const {
        info,
        output,
        inputs: views,
      } = onHeap(backend, {
        shape: input.shape,
        dtype: 'float32',
        inputs: [dy, input],
      });
      const [slope, values] = views as [Float32Array, Float32Array]; // the kernel is for float32
      forEachMaximum(poolOf(input.shape, attrs), values, { ties, nan: 'passed over' }, (window, at) => {
        output[at] = (output[at] as number) + (slope[window] as number);
      });
      return info;
    },
  };
}
