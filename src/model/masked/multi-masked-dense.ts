import { tf } from '../../tf.js';
import { denseDefaults, type MaskedDenseConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { type MultiMaskedLayer, multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.dense` for a list of T inputs, one a task, whose kernels and biases are multiplied by 0/1 masks:
 * `[batch, …, inputs]` -> `[batch, …, units]` each. Input i meets slice i alone and comes out at place i. Inputs have
 * one number of channels; a tensor may stand in the list several times.
 *
 * Weights: `kernel` `[T, inputs, units]`, `bias` `[T, …]`, `kernel_mask`, `bias_mask`. Tasks share no weight; with
 * masks from `maskModel(model, { exclusive: true })` they share no position either. It takes every option of
 * `tf.layers.dense`. MANN's default, not tfjs's: `kernelInitializer` is `'randomNormal'`.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' channels differ, `LENGTH_MISMATCH` when it is called with another
 *   number of inputs than it was built for, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
 * const [first, second] = [new MultiMaskedDense({ units: 4 }).apply(inputs)].flat();
 */
export class MultiMaskedDense extends multiLayer<MaskedDenseConfig, MultiMaskedLayer>(
  maskedLayer(layerClass('Dense')),
) {
  static readonly className = 'MultiMaskedDense';

  constructor(config: MaskedDenseConfig) {
    super({ ...denseDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiMaskedDense);
