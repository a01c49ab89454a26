/** @file Gradients of a convolution of volumes. Replaces tfjs's own wasm kernels, which give wrong numbers. */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';
import { forEachTap, type VolumeInfo } from './taps.js';

type Shape5D = [number, number, number, number, number];

/** x `[batch, depth, height, width, channels]`, dy `[batch, …, filters]` -> `[…, channels, filters]`. */
export const conv3DBackpropFilter: tf.KernelConfig = {
  kernelName: tf.Conv3DBackpropFilterV2,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }; // the op's inputs
    const filterShape = attrs?.filterShape as Shape5D; // the op's attribute
    const info = volumeInfo(attrs, x.shape as Shape5D, filterShape);
    const call = onHeap(backend, { shape: filterShape, dtype: 'float32', inputs: [x, dy] });
    const [input, gradient] = call.inputs as [Float32Array, Float32Array]; // the kernel is for float32
    const { inChannels, outChannels } = info;
    const sums = new Float64Array(call.output.length); // thousands of terms each: more than float32 keeps apart
    forEachTap(info, (inputVoxel, outputVoxel, tap) => {
      const by = outputVoxel * outChannels;
      for (let channel = 0; channel < inChannels; channel++) {
        const value = input[inputVoxel * inChannels + channel] as number;
        const to = (tap * inChannels + channel) * outChannels;
        for (let i = 0; i < outChannels; i++) {
          sums[to + i] = (sums[to + i] as number) + value * (gradient[by + i] as number);
        }
      }
    });
    call.output.set(sums);
    return call.info;
  },
};

/** dy `[batch, …, filters]` and the filter -> `[batch, depth, height, width, channels]`. */
export const conv3DBackpropInput: tf.KernelConfig = {
  kernelName: tf.Conv3DBackpropInputV2,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }; // the op's inputs
    const inputShape = attrs?.inputShape as Shape5D; // the op's attribute
    const info = volumeInfo(attrs, inputShape, filter.shape as Shape5D);
    const {
      info: made,
      output,
      inputs: views,
    } = onHeap(backend, {
      shape: inputShape,
      dtype: 'float32',
      inputs: [dy, filter],
    });
    const [gradient, weights] = views as [Float32Array, Float32Array]; // the kernel is for float32
    const { inChannels, outChannels } = info;
    forEachTap(info, (inputVoxel, outputVoxel, tap) => {
      const from = outputVoxel * outChannels;
      for (let channel = 0; channel < inChannels; channel++) {
        const by = (tap * inChannels + channel) * outChannels;
        let sum = 0;
        for (let i = 0; i < outChannels; i++) sum += (gradient[from + i] as number) * (weights[by + i] as number);
        const to = inputVoxel * inChannels + channel;
        output[to] = (output[to] as number) + sum;
      }
    });
    return made;
  },
};

function volumeInfo(attributes: tf.NamedAttrMap | undefined, inputShape: Shape5D, filterShape: Shape5D): VolumeInfo {
  // tfjs-core's ops fill these in, and its attribute type is too wide to say so.
  const { strides, pad } = attributes as unknown as { strides: number; pad: 'same' | 'valid' };
  return tf.backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad);
}
