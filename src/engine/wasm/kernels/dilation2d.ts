/**
 * @file Grey dilation and its gradients. Replaces tfjs's own wasm kernels, which are wrong, without a word, wherever a
 * maximum is not positive.
 */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';
import { asVolume, forEachTap, type VolumeInfo } from './taps.js';

export const dilation2D: tf.KernelConfig = kernel(tf.Dilation2D, {
  shapeOf: (info) => info.outShape,
  put: ({ output, largest }) => output.set(largest),
});

/** Each maximum's gradient goes to the pixel that made it. */
export const dilation2DBackpropInput: tf.KernelConfig = kernel(tf.Dilation2DBackpropInput, {
  shapeOf: (info) => info.inShape,
  put: ({ output, pixels, dy }) => {
    pixels.forEach((at, i) => {
      output[at] = (output[at] as number) + (dy[i] as number);
    });
  },
});

/** Each maximum's gradient goes to the filter tap that made it. */
export const dilation2DBackpropFilter: tf.KernelConfig = kernel(tf.Dilation2DBackpropFilter, {
  shapeOf: (_, filterShape) => filterShape,
  put: ({ output, taps, dy }) => {
    taps.forEach((at, i) => {
      output[at] = (output[at] as number) + (dy[i] as number);
    });
  },
});

type Dilation2DInfo = ReturnType<typeof tf.backend_util.computeDilation2DInfo>;
type Values = Float32Array | Int32Array;

interface Maxima {
  readonly output: Values;
  readonly dy: Values;
  /** By output element: the maximum, and which elements of x and of the filter made it. */
  readonly largest: Float64Array;
  readonly pixels: Int32Array;
  readonly taps: Int32Array;
}

interface Kernel {
  readonly shapeOf: (info: Dilation2DInfo, filterShape: number[]) => number[];
  readonly put: (maxima: Maxima) => void;
}

function kernel(kernelName: string, { shapeOf, put }: Kernel): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      // The op's inputs and attributes; the forward kernel has no dy.
      const { x, filter, dy = x } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo; dy?: tf.TensorInfo };
      const { strides, pad, dilations } = attrs as unknown as { strides: number; pad: 'same'; dilations: number };
      const info = tf.backend_util.computeDilation2DInfo(
        x.shape as [number, number, number, number],
        filter.shape as [number, number, number],
        strides,
        pad,
        'NHWC',
        dilations,
      );
      const call = onHeap(backend, { shape: shapeOf(info, filter.shape), dtype: x.dtype, inputs: [x, filter, dy] });
      const [values, weights, slope] = call.inputs as [Values, Values, Values]; // no bool: the op refuses it
      put({ output: call.output as Values, dy: slope, ...maximaOf(asVolume(info), values, weights) });
      return call.info;
    },
  };
}

function maximaOf(info: VolumeInfo, x: Values, filter: Values): Pick<Maxima, 'largest' | 'pixels' | 'taps'> {
  const channels = info.inChannels;
  const size = tf.util.sizeFromShape(info.outShape);
  const largest = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  const pixels = new Int32Array(size);
  const taps = new Int32Array(size);
  forEachTap(info, (inputPixel, outputPixel, tap) => {
    for (let channel = 0; channel < channels; channel++) {
      const at = outputPixel * channels + channel;
      const pixel = inputPixel * channels + channel;
      const weight = tap * channels + channel;
      const value = (x[pixel] as number) + (filter[weight] as number);
      if (value > (largest[at] as number)) {
        largest[at] = value;
        pixels[at] = pixel;
        taps[at] = weight;
      }
    }
  });
  return { largest, pixels, taps };
}
