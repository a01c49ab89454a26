/** @file Gradient of a depthwise convolution with respect to its input. */
import { tf } from '../../../tf.js';
import { convolutionInfo, type Shape4D, shapeAttribute } from './attributes.js';
import { forEachTap } from './depthwise-taps.js';
import { onHeap } from './heap.js';

/** dy `[batch, outHeight, outWidth, channels·multiplier]` and the filter -> `[batch, height, width, channels]`. */
export const depthwiseBackpropInput: tf.KernelConfig = {
  kernelName: tf.DepthwiseConv2dNativeBackpropInput,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }; // the op's inputs
    const attributes = attrs ?? {};
    const inputShape = shapeAttribute(attributes, 'inputShape');
    const info = convolutionInfo(attributes, { inputShape, filterShape: filter.shape as Shape4D, depthwise: true });
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
    const { inChannels } = info;
    const multiplier = filter.shape[3] as number;
    forEachTap(info, (inputOffset, outputOffset, filterOffset) => {
      for (let channel = 0; channel < inChannels; channel++) {
        let sum = output[inputOffset + channel] as number;
        for (let i = channel * multiplier; i < (channel + 1) * multiplier; i++) {
          sum += (gradient[outputOffset + i] as number) * (weights[filterOffset + i] as number);
        }
        output[inputOffset + channel] = sum;
      }
    });
    return made;
  },
};
