/** @file The windows of a pooling, one after the other. */
import { tf } from '../../tf.js';
import { asVolume, forEachTap, type VolumeInfo } from '../wasm/kernels/taps.js';
import type { Memory, Numbers, Wrap } from './arrays.js';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Max pooling whose windows are NaN where they hold one. */
export function poolingNaN(memory: Memory, poolOf: typeof planePool): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // its input
      const pool = poolOf(x.shape, call.attrs);
      const shape = x.shape.length === 4 ? [pool.outShape[0], ...pool.outShape.slice(2)] : pool.outShape;
      const { info, output, inputs } = memory.make(call.backend, { shape, dtype: 'float32', inputs: [x] });
      const values = inputs[0] as Numbers; // one
      forEachMaximum(pool, values as Float32Array, { ties: 'first', nan: 'largest' }, (window, at) => {
        output[window] = values[at] as number;
      });
      return info;
    },
  });
}

/** Mean pooling of a plane: what lies outside the image does not count. */
export function averagePlane(memory: Memory): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // its input
      const pool = planePool(x.shape, call.attrs);
      const shape = [pool.outShape[0], ...pool.outShape.slice(2)];
      const { info, output, inputs } = memory.make(call.backend, { shape, dtype: 'float32', inputs: [x] });
      const values = inputs[0] as Numbers; // one
      const { inChannels: channels } = pool;
      const counts = new Int32Array(output.length / channels);
      forEachTap(pool, (from, to) => {
        counts[to] = (counts[to] as number) + 1;
        for (let channel = 0; channel < channels; channel++) {
          const at = to * channels + channel;
          output[at] = (output[at] as number) + (values[from * channels + channel] as number);
        }
      });
      for (let i = 0; i < output.length; i++) {
        output[i] = (output[i] as number) / (counts[Math.floor(i / channels)] as number);
      }
      return info;
    },
  });
}

export function planePool(shape: number[], attributes: tf.NamedAttrMap | undefined): VolumeInfo {
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

/** Calls `visit` for each window, in memory order, with the index of its largest value. */
export function forEachMaximum(
  info: VolumeInfo,
  values: Float32Array,
  { ties, nan }: { readonly ties: 'first' | 'last'; readonly nan: 'largest' | 'passed over' },
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
                  const isLarger = Number.isNaN(value)
                    ? nan === 'largest' && !Number.isNaN(largest)
                    : at < 0 || value > largest || (value === largest && ties === 'last');
                  if (isLarger) {
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
