/** @file The loss of one class out of many, as options -> key and function. */
import type { Json } from '../../flow/graph.js';
import { tf } from '../../tf.js';
import { focalSoftmaxCrossEntropy, softmaxCrossEntropy } from './softmax-cross-entropy.js';

export interface ExclusiveLossOptions {
  readonly classes: number;
  /** In class order. */
  readonly classWeights: readonly number[] | undefined;
  readonly labelSmoothing: number;
  /** Focal γ; 0 is plain cross-entropy. */
  readonly gamma: number;
}

export interface ExclusiveLoss {
  /** Equal exactly when the losses are equal. */
  readonly key: Json;
  /** logits `[..., classes]`, targets `[..., 1]` (a class index) -> `[..., 1]` */
  readonly loss: (logits: tf.Tensor, targets: tf.Tensor) => tf.Tensor;
}

/**
 * The target of class y is t_c = w_c·((1-s)·[c = y] + s/classes): smoothing as in Szegedy et al. 2016, class weights as
 * in PyTorch's `cross_entropy` with probabilities as targets. The mean over rows is not divided by the weights.
 */
export function exclusiveLoss({
  classes,
  classWeights,
  labelSmoothing: s,
  gamma,
}: ExclusiveLossOptions): ExclusiveLoss {
  return {
    key: { classes, weights: classWeights ?? null, smoothing: s, gamma },
    loss: (logits, targets) => {
      // one-hot by comparison: it keeps any leading axes and needs no integer tensor
      const indices = tf.tensor1d(Array.from({ length: classes }, (_, i) => i));
      const hot = targets.equal(indices).cast('float32');
      const smoothed = s === 0 ? hot : hot.mul(1 - s).add(s / classes);
      const soft = classWeights === undefined ? smoothed : smoothed.mul(tf.tensor1d([...classWeights]));
      return gamma === 0 ? softmaxCrossEntropy(logits, soft) : focalSoftmaxCrossEntropy(logits, soft, gamma);
    },
  };
}
