import { tf } from '../../tf.js';
import { convolutionDefaults, type MaskedConvolutionConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv1d` whose kernel and bias are multiplied by 0/1 masks: `[batch, steps, channels]` ->
 * `[batch, steps, filters]`.
 *
 * Weights: `kernel` `[size, channels, filters]`, `bias` `[filters]`, `kernel_mask`, `bias_mask`. It takes every option
 * of `tf.layers.conv1d`, regularisers and constraints too. MANN's defaults, not tfjs's: `kernelSize` 3, `padding`
 * `'same'`, `kernelInitializer` `'randomNormal'` (standard deviation 0.05).
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const layer = new MaskedConv1D({ filters: 8, activation: 'relu' });
 */
export class MaskedConv1D extends maskedLayer<MaskedConvolutionConfig>(layerClass('Conv1D')) {
  static readonly className = 'MaskedConv1D';

  constructor(config: MaskedConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MaskedConv1D);
