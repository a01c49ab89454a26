/** @file Gradient of a depthwise convolution with respect to its input. */
import { tf } from '../../../tf.js';
import { convolutionInfo, type Shape4D, shapeAttribute } from './attributes.js';
import { onHeap } from './heap.js';
import { asVolume, forEachTap } from './taps.js';

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
    const { inChannels, outChannels } = info;
    const multiplier = filter.shape[3] as number;
    forEachTap(asVolume(info), (inputVoxel, outputVoxel, tap) => {
      const [to, from, by] = [inputVoxel * inChannels, outputVoxel * outChannels, tap * outChannels];
      for (let channel = 0; channel < inChannels; channel++) {
        let sum = output[to + channel] as number;
        for (let i = channel * multiplier; i < (channel + 1) * multiplier; i++) {
          sum += (gradient[from + i] as number) * (weights[by + i] as number);
        }
        output[to + channel] = sum;
      }
    });
    return made;
  },
};
