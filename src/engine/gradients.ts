/** @file Gradients that tfjs lacks or has wrong, on every backend that takes them from its registry. */
import { tf } from '../tf.js';
import { registerPreciseGradients } from './precise-gradients.js';

let registered = false;

/** Later calls change nothing. */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  registerPreciseGradients();
  if (tf.getGradient(tf.Einsum) == null) tf.registerGradient(einsumGradient);
  replace(tf.AvgPool, (x, { filterSize, strides, pad, dimRoundingMode }) => {
    const info = tf.backend_util.computePool2DInfo(x as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
    return [
      partsOf(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top),
      partsOf(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left),
    ];
  });
  replace(tf.AvgPool3D, (x, { filterSize, strides, pad, dimRoundingMode }) => {
    const info = tf.backend_util.computePool3DInfo(x as Shape5D, filterSize, strides, 1, pad, dimRoundingMode);
    return [
      partsOf(info.inDepth, info.outDepth, info.strideDepth, info.filterDepth, info.padInfo.front),
      partsOf(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top),
      partsOf(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left),
    ];
  });
}

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * At the borders, average pooling divides by the part of the window that lies inside; tfjs's gradient kernels divide by
 * the whole window. (The native TensorFlow library does not make this mistake.)
 */
function replace(kernelName: string, axesOf: (shape: number[], attributes: PoolAttributes) => number[][]): void {
  const original = tf.getGradient(kernelName);
  if (original == null) throw new Error(`tfjs has no gradient of ${kernelName}`);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    ...original,
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved as [tf.Tensor]; // the gradient's inputsToSave
      // tfjs-core's ops fill these in; its attribute type is too wide to say so.
      const axes = axesOf(x.shape, attributes as unknown as PoolAttributes);
      const corrected = axes.reduce((slope, parts, i) => {
        if (tf.getBackend() === 'tensorflow' || parts.every((part) => part === 1)) return slope;
        const shape = x.shape.map((_, axis) => (axis === i + 1 ? parts.length : 1));
        return slope.div(tf.tensor(parts, shape));
      }, dy as tf.Tensor); // pooling has one output
      return original.gradFunc(corrected, saved, attributes);
    },
  });
}

/** For each output line, the share of the window that lies inside the input. */
function partsOf(size: number, outputs: number, stride: number, window: number, before: number): number[] {
  return Array.from({ length: outputs }, (_, i) => {
    const start = i * stride - before;
    return (Math.min(size, start + window) - Math.max(0, start)) / window;
  });
}

/** tfjs has none at all. The gradient of a sum of products is one, of the slope and the other factor. */
const einsumGradient: tf.GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dy, saved, attributes) => {
    const [terms, result] = String(attributes.equation).replace(/\s/g, '').split('->') as [string, string];
    const labels = terms.split(',');
    const slopes = labels.map((own, i) => (): tf.Tensor => {
      const others = labels.flatMap((other, j) => (j === i ? [] : [{ labels: other, tensor: saved[j] as tf.Tensor }]));
      const factors = [{ labels: result, tensor: dy as tf.Tensor }, ...others]; // einsum has one output
      const known = [...own].filter((label) => factors.some((factor) => factor.labels.includes(label))).join('');
      const equation = `${factors.map((factor) => factor.labels).join(',')}->${known}`;
      const slope = tf.einsum(equation, ...factors.map((factor) => factor.tensor));
      // What was summed over in this input alone has the same slope everywhere.
      const shape = (saved[i] as tf.Tensor).shape;
      return slope
        .reshape(shape.map((size, axis) => (known.includes(own[axis] ?? '') ? size : 1)))
        .add(tf.zeros(shape));
    });
    return Object.fromEntries(slopes.map((slope, i) => [String(i), slope]));
  },
};
