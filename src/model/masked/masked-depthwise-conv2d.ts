import { tf } from '../../tf.js';
import { depthwiseDefaults, type MaskedDepthwiseConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { layerClass, serialised } from './tfjs-classes.js';

/**
 * `tf.layers.depthwiseConv2d` whose kernel and bias are multiplied by 0/1 masks: `[batch, height, width, channels]` ->
 * `[batch, height, width, channels · depthMultiplier]`. MANN has none; the defaults are those of `MaskedConv2D`.
 *
 * Weights: `depthwise_kernel` `[height, width, channels, depthMultiplier]`, `bias`, `depthwise_kernel_mask`,
 * `bias_mask`.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const layer = new MaskedDepthwiseConv2D({ depthMultiplier: 2 });
 */
export class MaskedDepthwiseConv2D extends maskedLayer<MaskedDepthwiseConfig>(layerClass('DepthwiseConv2D')) {
  static readonly className = 'MaskedDepthwiseConv2D';

  constructor(config: MaskedDepthwiseConfig) {
    super({ ...depthwiseDefaults, ...config });
  }

  /** tfjs writes the regulariser in the place of the constraint. */
  override getConfig(): tf.serialization.ConfigDict {
    const constraint: unknown = Reflect.get(this, 'depthwiseConstraint');
    const isOne = typeof constraint === 'object' && constraint !== null;
    return {
      ...super.getConfig(),
      depthwiseConstraint: isOne ? serialised(constraint as tf.serialization.Serializable) : null, // of tfjs's own
    };
  }
}

tf.serialization.registerClass(MaskedDepthwiseConv2D);
