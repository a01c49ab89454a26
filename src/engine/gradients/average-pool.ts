/**
 * @file Gradients of average pooling. At the borders, pooling divides by the part of the window that lies inside; tfjs's
 * gradient kernels divide by the whole window. (The native TensorFlow library does not make this mistake.)
 */
import { tf } from '../../tf.js';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function averagePool(original: tf.GradConfig): tf.GradConfig {
  return corrected(original, (x, { filterSize, strides, pad, dimRoundingMode }) => {
    const info = tf.backend_util.computePool2DInfo(x as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
    return [
      partsOf(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top),
      partsOf(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left),
    ];
  });
}

export function averagePool3d(original: tf.GradConfig): tf.GradConfig {
  return corrected(original, (x, { filterSize, strides, pad, dimRoundingMode }) => {
    const info = tf.backend_util.computePool3DInfo(x as Shape5D, filterSize, strides, 1, pad, dimRoundingMode);
    return [
      partsOf(info.inDepth, info.outDepth, info.strideDepth, info.filterDepth, info.padInfo.front),
      partsOf(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top),
      partsOf(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left),
    ];
  });
}

function corrected(
  original: tf.GradConfig,
  axesOf: (shape: number[], attributes: PoolAttributes) => number[][],
): tf.GradConfig {
  return {
    ...original,
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved as [tf.Tensor]; // the gradient's inputsToSave
      // tfjs-core's ops fill these in; its attribute type is too wide to say so.
      const axes = axesOf(x.shape, attributes as unknown as PoolAttributes);
      const slope = axes.reduce((sum, parts, i) => {
        if (tf.getBackend() === 'tensorflow' || parts.every((part) => part === 1)) return sum;
        const shape = x.shape.map((_, axis) => (axis === i + 1 ? parts.length : 1));
        return sum.div(tf.tensor(parts, shape));
      }, dy as tf.Tensor); // pooling has one output
      return original.gradFunc(slope, saved, attributes);
    },
  };
}

/** For each output line, the share of the window that lies inside the input. */
function partsOf(size: number, outputs: number, stride: number, window: number, before: number): number[] {
  return Array.from({ length: outputs }, (_, i) => {
    const start = i * stride - before;
    return (Math.min(size, start + window) - Math.max(0, start)) / window;
  });
}
