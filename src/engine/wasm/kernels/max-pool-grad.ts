/**
 * @file Gradient of max pooling in two and three dimensions. Replaces tfjs's own wasm kernels, which are wrong, without
 * a word, wherever a window holds no positive number: they look for a maximum above the least positive float.
 */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';

type Pool2DInfo = ReturnType<typeof tf.backend_util.computePool2DInfo>;
type Pool3DInfo = ReturnType<typeof tf.backend_util.computePool3DInfo>;

export const maxPoolGrad: tf.KernelConfig = kernel(tf.MaxPoolGrad, (shape, { filterSize, strides, pad, rounding }) =>
  flat(tf.backend_util.computePool2DInfo(shape as Shape4D, filterSize, strides, 1, pad, rounding)),
);

export const maxPool3DGrad: tf.KernelConfig = kernel(
  tf.MaxPool3DGrad,
  (shape, { filterSize, strides, pad, rounding }) =>
    tf.backend_util.computePool3DInfo(shape as Shape5D, filterSize, strides, 1, pad, rounding),
);

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: 'valid' | 'same' | number;
  readonly rounding?: 'floor' | 'round' | 'ceil';
}

function kernel(
  kernelName: string,
  sizes: (shape: number[], attributes: PoolAttributes) => Pool3DInfo,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo }; // the op's inputs
      // The op's attributes; its type says number where it may also be a tuple, which tfjs takes just as well.
      const attributes = { ...attrs, rounding: attrs?.dimRoundingMode } as unknown as PoolAttributes;
      const {
        info,
        output,
        inputs: views,
      } = onHeap(backend, {
        shape: input.shape,
        dtype: 'float32',
        inputs: [dy, input],
      });
      const [gradient, values] = views as [Float32Array, Float32Array]; // the kernel is for float32
      routeToMaxima(sizes(input.shape, attributes), values, gradient, output as Float32Array);
      return info;
    },
  };
}

/** A plane as a volume one voxel deep. */
function flat(info: Pool2DInfo): Pool3DInfo {
  return {
    ...info,
    dataFormat: 'channelsLast',
    inDepth: 1,
    outDepth: 1,
    strideDepth: 1,
    filterDepth: 1,
    effectiveFilterDepth: 1,
    dilationDepth: 1,
    padInfo: { ...info.padInfo, front: 0, back: 0 },
    inShape: [info.batchSize, 1, info.inHeight, info.inWidth, info.inChannels],
    outShape: [info.batchSize, 1, info.outHeight, info.outWidth, info.outChannels],
    filterShape: [1, info.filterHeight, info.filterWidth, info.inChannels, info.outChannels],
  };
}

/** Adds each window's gradient to its first largest value, as tfjs's cpu backend does. */
function routeToMaxima(info: Pool3DInfo, values: Float32Array, gradient: Float32Array, output: Float32Array): void {
  const { inDepth, inHeight, inWidth, inChannels: channels, padInfo } = info;
  let from = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let outDepth = 0; outDepth < info.outDepth; outDepth++) {
      const depths = window(outDepth * info.strideDepth - padInfo.front, info.effectiveFilterDepth, inDepth);
      for (let outRow = 0; outRow < info.outHeight; outRow++) {
        const rows = window(outRow * info.strideHeight - padInfo.top, info.effectiveFilterHeight, inHeight);
        for (let outColumn = 0; outColumn < info.outWidth; outColumn++) {
          const columns = window(outColumn * info.strideWidth - padInfo.left, info.effectiveFilterWidth, inWidth);
          for (let channel = 0; channel < channels; channel++, from++) {
            let largest = Number.NEGATIVE_INFINITY;
            let at = -1;
            for (let depth = depths.start; depth < depths.end; depth++) {
              for (let row = rows.start; row < rows.end; row++) {
                const line = ((image * inDepth + depth) * inHeight + row) * inWidth;
                for (let column = columns.start; column < columns.end; column++) {
                  const index = (line + column) * channels + channel;
                  const value = values[index] as number;
                  if (value > largest) {
                    largest = value;
                    at = index;
                  }
                }
              }
            }
            if (at >= 0) output[at] = (output[at] as number) + (gradient[from] as number);
          }
        }
      }
    }
  }
}

/** The part of a window that lies inside the input. */
function window(start: number, length: number, size: number): { readonly start: number; readonly end: number } {
  return { start: Math.max(0, start), end: Math.min(size, start + length) };
}
