/** @file Gradient of a depthwise convolution with respect to its filter. */
import { tf } from '../../../tf.js';
import { convolutionInfo, type Shape4D, shapeAttribute } from './attributes.js';
import { onHeap } from './heap.js';
import { asVolume, forEachTap } from './taps.js';

/** x `[batch, height, width, channels]`, dy `[batch, outHeight, outWidth, channels·multiplier]` -> the filter's shape. */
export const depthwiseBackpropFilter: tf.KernelConfig = {
  kernelName: tf.DepthwiseConv2dNativeBackpropFilter,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }; // the op's inputs
    const attributes = attrs ?? {};
    const filterShape = shapeAttribute(attributes, 'filterShape');
    const info = convolutionInfo(attributes, { inputShape: x.shape as Shape4D, filterShape, depthwise: true });
    const {
      info: made,
      output,
      inputs: views,
    } = onHeap(backend, {
      shape: filterShape,
      dtype: 'float32',
      inputs: [x, dy],
    });
    const [input, gradient] = views as [Float32Array, Float32Array]; // the kernel is for float32
    const { inChannels, outChannels } = info;
    const multiplier = filterShape[3];
    const sums = new Float64Array(output.length); // thousands of terms each: more than float32 keeps apart
    forEachTap(asVolume(info), (inputVoxel, outputVoxel, tap) => {
      const [from, by, to] = [inputVoxel * inChannels, outputVoxel * outChannels, tap * outChannels];
      for (let channel = 0; channel < inChannels; channel++) {
        const value = input[from + channel] as number;
        for (let i = channel * multiplier; i < (channel + 1) * multiplier; i++) {
          sums[to + i] = (sums[to + i] as number) + value * (gradient[by + i] as number);
        }
      }
    });
    output.set(sums);
    return made;
  },
};
