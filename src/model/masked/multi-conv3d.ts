import { tf } from '../../tf.js';
import { convolutionDefaults, type MannConvolutionConfig } from './mann-defaults.js';
import { multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv3d` for a list of T inputs, one a task: `[batch, depth, height, width, channels]` ->
 * `[batch, depth, height, width, filters]` each. Input i
 * meets slice i of the weights alone and comes out at place i. What `removeLayerMasks` makes of `MultiMaskedConv3D`.
 *
 * Weights: `kernel` `[T, depth, height, width, channels, filters]`, `bias` `[T, …]`. It takes every option of
 * `tf.layers.conv3d`. MANN's defaults, not tfjs's: `kernelSize` 3, `padding` `'same'`, `kernelInitializer`
 * `'randomNormal'`.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' channels differ, `LENGTH_MISMATCH` when it is called with another
 *   number of inputs than it was built for, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8, 8, 8, 3] }), tf.input({ shape: [8, 8, 8, 3] })];
 * const [first, second] = [new MultiConv3D({ filters: 4 }).apply(inputs)].flat();
 */
export class MultiConv3D extends multiLayer<MannConvolutionConfig>(layerClass('Conv3D')) {
  static readonly className = 'MultiConv3D';

  constructor(config: MannConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiConv3D);
