/**
 * @file Max pooling of volumes and the gradients of max pooling. Replaces tfjs's own wasm kernels, which are wrong,
 * without a word, wherever a window holds no positive number: they look for a maximum above the least positive float.
 */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';
import { asVolume, type VolumeInfo } from './taps.js';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export const maxPool3D: tf.KernelConfig = {
  kernelName: tf.MaxPool3D,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const x = inputs.x as tf.TensorInfo; // the op's input
    const pool = volumePool(x.shape, attrs);
    const { info, output, inputs: views } = onHeap(backend, { shape: pool.outShape, dtype: x.dtype, inputs: [x] });
    const values = views[0] as Float32Array; // the kernel is for float32
    forEachMaximum(pool, values, 'first', (window, at) => {
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
      forEachMaximum(poolOf(input.shape, attrs), values, ties, (window, at) => {
        output[at] = (output[at] as number) + (slope[window] as number);
      });
      return info;
    },
  };
}

function planePool(shape: number[], attributes: tf.NamedAttrMap | undefined): VolumeInfo {
  const { filterSize, strides, pad, dimRoundingMode } = poolAttributes(attributes);
  return asVolume(tf.backend_util.computePool2DInfo(shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode));
}

export function volumePool(shape: number[], attributes: tf.NamedAttrMap | undefined): VolumeInfo {
  const { filterSize, strides, pad, dimRoundingMode } = poolAttributes(attributes);
  return tf.backend_util.computePool3DInfo(shape as Shape5D, filterSize, strides, 1, pad, dimRoundingMode);
}

/** tfjs-core's ops fill these in; sizes may also be tuples, which the functions above take just as well. */
function poolAttributes(attributes: tf.NamedAttrMap | undefined): PoolAttributes {
  return attributes as unknown as PoolAttributes;
}

/** Calls `visit` for each window, in memory order, with the index of its largest value. NaN is never the largest. */
export function forEachMaximum(
  info: VolumeInfo,
  values: Float32Array,
  ties: 'first' | 'last',
  visit: (window: number, at: number) => void,
): void {
  const { inDepth, inHeight, inWidth, inChannels: channels, padInfo } = info;
  let number = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let z = 0; z < info.outDepth; z++) {
      const depths = span(z * info.strideDepth - padInfo.front, info.effectiveFilterDepth, inDepth);
      for (let y = 0; y < info.outHeight; y++) {
        const rows = span(y * info.strideHeight - padInfo.top, info.effectiveFilterHeight, inHeight);
        for (let x = 0; x < info.outWidth; x++) {
          const columns = span(x * info.strideWidth - padInfo.left, info.effectiveFilterWidth, inWidth);
          for (let channel = 0; channel < channels; channel++, number++) {
            let largest = Number.NEGATIVE_INFINITY;
            let at = -1;
            for (let depth = depths.start; depth < depths.end; depth++) {
              for (let row = rows.start; row < rows.end; row++) {
                const line = ((image * inDepth + depth) * inHeight + row) * inWidth;
                for (let column = columns.start; column < columns.end; column++) {
                  const index = (line + column) * channels + channel;
                  const value = values[index] as number;
                  if (value > largest || (value === largest && ties === 'last')) {
                    largest = value;
                    at = index;
                  }
                }
              }
            }
            if (at >= 0) visit(number, at);
          }
        }
      }
    }
  }
}

/** The part of a window that lies inside the input. */
function span(start: number, length: number, size: number): { readonly start: number; readonly end: number } {
  return { start: Math.max(0, start), end: Math.min(size, start + length) };
}
