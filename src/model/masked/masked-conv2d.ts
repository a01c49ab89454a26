import { tf } from '../../tf.js';
import { convolutionDefaults, type MaskedConvolutionConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv2d` whose kernel and bias are multiplied by 0/1 masks: `[batch, height, width, channels]` ->
 * `[batch, height, width, filters]`.
 *
 * Weights: `kernel` `[height, width, channels, filters]`, `bias` `[filters]`, `kernel_mask`, `bias_mask`. It takes
 * every option of `tf.layers.conv2d`, regularisers and constraints too. MANN's defaults, not tfjs's: `kernelSize` 3,
 * `padding` `'same'`, `kernelInitializer` `'randomNormal'` (standard deviation 0.05).
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const layer = new MaskedConv2D({ filters: 8, activation: 'relu' });
 */
export class MaskedConv2D extends maskedLayer<MaskedConvolutionConfig>(layerClass('Conv2D')) {
  static readonly className = 'MaskedConv2D';

  constructor(config: MaskedConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MaskedConv2D);
