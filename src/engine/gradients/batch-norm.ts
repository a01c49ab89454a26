/**
 * @file The gradient of FusedBatchNorm: y = (x - mean)·r·scale + offset with r = 1 / √(variance + ε). tfjs tiles r over
 * all rows, and is wrong where the statistics broadcast along any but the last axis.
 */
import { tf } from '../../tf.js';
import { sumTo } from './broadcast.js';

export const batchNorm: tf.GradConfig = {
  kernelName: tf.FusedBatchNorm,
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (slope, saved, attributes) => {
    const [x, mean, variance, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]; // inputsToSave
    const dy = slope as tf.Tensor; // one output
    const r = variance.add(Number(attributes.varianceEpsilon)).rsqrt();
    const deviation = x.sub(mean);
    const scaled = dy.mul(scale);
    return {
      x: () => scaled.mul(r),
      mean: () => sumTo(scaled.mul(r).neg(), mean.shape),
      variance: () => sumTo(scaled.mul(deviation).mul(r.mul(r).mul(r).mul(-0.5)), variance.shape),
      scale: () => sumTo(dy.mul(deviation.mul(r)), scale.shape),
      offset: () => sumTo(dy, mean.shape),
    };
  },
};
