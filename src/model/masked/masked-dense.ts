import { tf } from '../../tf.js';
import { denseDefaults, type MaskedDenseConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.dense` whose kernel and bias are multiplied by 0/1 masks: `[batch, …, inputs]` -> `[batch, …, units]`,
 * `activation(x · (kernel ⊙ kernel_mask) + bias ⊙ bias_mask)`.
 *
 * Weights: `kernel` `[inputs, units]`, `bias` `[units]`, `kernel_mask`, `bias_mask`. It takes every option of
 * `tf.layers.dense`, regularisers and constraints too. MANN's default, not tfjs's: `kernelInitializer` is
 * `'randomNormal'` (standard deviation 0.05).
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const layer = new MaskedDense({ units: 2, activation: 'relu' });
 * layer.build([null, 2]);
 * layer.setMasks([[[1, 0], [0, 1]], [1, 1]]); // the kernel's, the bias's
 */
export class MaskedDense extends maskedLayer<MaskedDenseConfig>(layerClass('Dense')) {
  static readonly className = 'MaskedDense';

  constructor(config: MaskedDenseConfig) {
    super({ ...denseDefaults, ...config });
  }
}

tf.serialization.registerClass(MaskedDense);
