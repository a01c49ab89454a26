/**
 * @file Convolutions whose stride is wider than their filter, with `same` padding. tfjs's wasm kernels, refused by
 * XNNPACK, answer with zeros there: so the input is cut to what the filter sees, and `valid` padding used.
 */
import { tf } from '../../../tf.js';
import { convolutionInfo, type Shape4D } from './attributes.js';

export const convolutions = [tf.Conv2D, tf.FusedConv2D, tf.DepthwiseConv2dNative, tf.FusedDepthwiseConv2D] as const;

/** Wraps tfjs's own kernel of one of `convolutions`. */
export function withWideStride(original: tf.KernelConfig): tf.KernelConfig {
  const depthwise = original.kernelName === tf.DepthwiseConv2dNative || original.kernelName === tf.FusedDepthwiseConv2D;
  return {
    ...original,
    kernelFunc: (call) => {
      const attributes = call.attrs ?? {};
      if (attributes.pad !== 'same' || attributes.dataFormat === 'NCHW') return original.kernelFunc(call);
      const { x, filter } = call.inputs as { x: tf.Tensor4D; filter: tf.Tensor4D }; // tfjs-core runs kernels on Tensors
      const info = convolutionInfo(attributes, {
        inputShape: x.shape,
        filterShape: filter.shape as Shape4D,
        depthwise,
      });
      const height = seen(info.outHeight, info.strideHeight, info.effectiveFilterHeight);
      const width = seen(info.outWidth, info.strideWidth, info.effectiveFilterWidth);
      if (height >= info.inHeight && width >= info.inWidth) return original.kernelFunc(call);
      const cut = tf.tidy(() =>
        x
          .slice([0, 0, 0, 0], [info.batchSize, Math.min(height, info.inHeight), Math.min(width, info.inWidth), -1])
          .pad([[0, 0], edges(height, info.inHeight), edges(width, info.inWidth), [0, 0]]),
      );
      try {
        return original.kernelFunc({
          ...call,
          inputs: { ...call.inputs, x: cut },
          attrs: { ...attributes, pad: 'valid' },
        });
      } finally {
        cut.dispose();
      }
    },
  };
}

/** Length of the input that the filter touches. */
function seen(outputs: number, stride: number, filter: number): number {
  return (outputs - 1) * stride + filter;
}

/** As `same` padding has it: the odd one goes after. */
function edges(length: number, size: number): [number, number] {
  const missing = Math.max(0, length - size);
  return [Math.floor(missing / 2), missing - Math.floor(missing / 2)];
}
