import { tf } from '../../tf.js';
import { convolutionDefaults, type MannConvolutionConfig } from './mann-defaults.js';
import { multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv2d` for a list of T inputs, one a task: `[batch, height, width, channels]` ->
 * `[batch, height, width, filters]` each. Input i
 * meets slice i of the weights alone and comes out at place i. What `removeLayerMasks` makes of `MultiMaskedConv2D`.
 *
 * Weights: `kernel` `[T, height, width, channels, filters]`, `bias` `[T, …]`. It takes every option of
 * `tf.layers.conv2d`. MANN's defaults, not tfjs's: `kernelSize` 3, `padding` `'same'`, `kernelInitializer`
 * `'randomNormal'`.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' channels differ, `LENGTH_MISMATCH` when it is called with another
 *   number of inputs than it was built for, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8, 8, 3] }), tf.input({ shape: [8, 8, 3] })];
 * const [first, second] = [new MultiConv2D({ filters: 4 }).apply(inputs)].flat();
 */
export class MultiConv2D extends multiLayer<MannConvolutionConfig>(layerClass('Conv2D')) {
  static readonly className = 'MultiConv2D';

  constructor(config: MannConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiConv2D);
