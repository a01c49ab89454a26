/** @file Gradient of a depthwise convolution with respect to its filter. */
import { tf } from '../../../tf.js';
import { convolutionInfo, type Shape4D, shapeAttribute } from './attributes.js';
import { forEachTap } from './depthwise-taps.js';
import { onHeap } from './heap.js';

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
    const { inChannels } = info;
    const multiplier = filterShape[3];
    const sums = new Float64Array(output.length); // thousands of terms each: more than float32 keeps apart
    forEachTap(info, (inputOffset, outputOffset, filterOffset) => {
      for (let channel = 0; channel < inChannels; channel++) {
        const value = input[inputOffset + channel] as number;
        for (let i = channel * multiplier; i < (channel + 1) * multiplier; i++) {
          sums[filterOffset + i] = (sums[filterOffset + i] as number) + value * (gradient[outputOffset + i] as number);
        }
      }
    });
    output.set(sums);
    return made;
  },
};
