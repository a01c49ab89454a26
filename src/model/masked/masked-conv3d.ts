import { tf } from '../../tf.js';
import { convolutionDefaults, type MaskedConvolutionConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv3d` whose kernel and bias are multiplied by 0/1 masks: `[batch, depth, height, width, channels]` ->
 * `[batch, depth, height, width, filters]`.
 *
 * Weights: `kernel` `[depth, height, width, channels, filters]`, `bias` `[filters]`, `kernel_mask`, `bias_mask`. It
 * takes every option of `tf.layers.conv3d`, regularisers and constraints too. MANN's defaults, not tfjs's: `kernelSize`
 * 3, `padding` `'same'`, `kernelInitializer` `'randomNormal'` (standard deviation 0.05).
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const layer = new MaskedConv3D({ filters: 8, activation: 'relu' });
 */
export class MaskedConv3D extends maskedLayer<MaskedConvolutionConfig>(layerClass('Conv3D')) {
  static readonly className = 'MaskedConv3D';

  constructor(config: MaskedConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MaskedConv3D);
