/**
 * @file Gradients of image resizing, mended: tfjs's cpu backend swaps height and width in the one's shape, and reads the
 * other's batch at the offsets of the smaller image, so that every row but the first is wrong.
 */
import type { tf } from '../../tf.js';
import type { CpuBackend, CpuKernel } from './backend.js';

interface ResizeInputs {
  readonly images: tf.TensorInfo;
  readonly dy: tf.TensorInfo;
}

/** Wraps tfjs's own kernel. */
export function resizeBilinearGrad(original: CpuKernel): CpuKernel {
  return (call) => {
    const { images } = call.inputs as unknown as ResizeInputs; // the op's inputs
    return { ...original(call), shape: images.shape };
  };
}

/** Adds each output pixel's gradient to the input pixel that it was copied from. */
export const nearestNeighborGrad: CpuKernel = ({ inputs, backend, attrs }) => {
  const { images, dy } = inputs as unknown as ResizeInputs; // the op's inputs
  const cpu = backend as CpuBackend; // registered for this backend alone
  const [batch, height, width, channels] = images.shape as [number, number, number, number]; // the op asserts rank 4
  const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const rows = sources(height, outHeight, Boolean(attrs?.alignCorners));
  const columns = sources(width, outWidth, Boolean(attrs?.alignCorners));
  const gradient = cpu.data.get(dy.dataId).values;
  const output = new Float32Array(batch * height * width * channels);
  let from = 0;
  for (let image = 0; image < batch; image++) {
    for (const row of rows) {
      for (const column of columns) {
        const to = ((image * height + row) * width + column) * channels;
        for (let channel = 0; channel < channels; channel++, from++) {
          output[to + channel] = (output[to + channel] as number) + (gradient[from] as number);
        }
      }
    }
  }
  return cpu.makeTensorInfo(images.shape, 'float32', output);
};

/** For each output line, the input line that tfjs's forward kernel copies. */
function sources(size: number, outSize: number, alignCorners: boolean): number[] {
  const aligned = alignCorners && outSize > 1;
  const scale = aligned ? (size - 1) / (outSize - 1) : size / outSize;
  return Array.from({ length: outSize }, (_, line) =>
    Math.min(size - 1, alignCorners ? Math.round(line * scale) : Math.floor(line * scale)),
  );
}
