/** @file The gradient of Conv3DBackpropInputV2, which tfjs lacks: it is the forward kernel of `conv3dTranspose`. */
import { tf } from '../../tf.js';

export const conv3dTranspose: tf.GradConfig = {
  kernelName: tf.Conv3DBackpropInputV2,
  inputsToSave: ['dy', 'filter'],
  gradFunc: (slope, saved, attributes) => {
    const [dy, filter] = saved as [tf.Tensor5D, tf.Tensor5D]; // inputsToSave
    const x = slope as tf.Tensor5D; // one output, shaped as a convolution's input
    const { strides, pad } = attributes as unknown as {
      strides: [number, number, number] | number;
      pad: 'valid' | 'same';
    }; // the op's attributes
    return {
      dy: () => tf.conv3d(x, filter, strides, pad),
      filter: () =>
        // Reason for the assertion: a kernel of one output.
        tf
          .engine()
          .runKernel(tf.Conv3DBackpropFilterV2, { x, dy }, { strides, pad, filterShape: filter.shape }) as tf.Tensor,
    };
  },
};
