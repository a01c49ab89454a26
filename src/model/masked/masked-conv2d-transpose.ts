import { tf } from '../../tf.js';
import { convolutionDefaults, type MaskedConvolutionConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv2dTranspose` whose kernel and bias are multiplied by 0/1 masks: `[batch, height, width, channels]` ->
 * `[batch, height · stride, width · stride, filters]`.
 *
 * Weights: `kernel` `[height, width, filters, channels]`, `bias` `[filters]`, `kernel_mask`, `bias_mask`. It takes
 * every option of `tf.layers.conv2dTranspose`, regularisers and constraints too. MANN's defaults, not tfjs's:
 * `kernelSize` 3, `padding` `'same'`, `kernelInitializer` `'randomNormal'` (standard deviation 0.05).
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const layer = new MaskedConv2DTranspose({ filters: 8, activation: 'relu' });
 */
export class MaskedConv2DTranspose extends maskedLayer<MaskedConvolutionConfig>(layerClass('Conv2DTranspose')) {
  static readonly className = 'MaskedConv2DTranspose';

  constructor(config: MaskedConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MaskedConv2DTranspose);
