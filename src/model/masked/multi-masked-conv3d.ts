import { tf } from '../../tf.js';
import { convolutionDefaults, type MaskedConvolutionConfig } from './mann-defaults.js';
import { maskedLayer } from './masked-layer.js';
import { type MultiMaskedLayer, multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.conv3d` for a list of T inputs, one a task, whose kernels and biases are multiplied by 0/1 masks:
 * `[batch, depth, height, width, channels]` -> `[batch, depth, height, width, filters]` each. Input i meets slice i
 * alone and comes out at place i. Inputs have one number of channels; a tensor may stand in the list several times.
 *
 * Weights: `kernel` `[T, depth, height, width, channels, filters]`, `bias` `[T, …]`, `kernel_mask`, `bias_mask`. Tasks
 * share no weight; with masks from `maskModel(model, { exclusive: true })` they share no position either. It takes
 * every option of `tf.layers.conv3d`. MANN's defaults, not tfjs's: `kernelSize` 3, `padding` `'same'`,
 * `kernelInitializer` `'randomNormal'`.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' channels differ, `LENGTH_MISMATCH` when it is called with another
 *   number of inputs than it was built for, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8, 8, 8, 3] }), tf.input({ shape: [8, 8, 8, 3] })];
 * const [first, second] = [new MultiMaskedConv3D({ filters: 4 }).apply(inputs)].flat();
 */
export class MultiMaskedConv3D extends multiLayer<MaskedConvolutionConfig, MultiMaskedLayer>(
  maskedLayer(layerClass('Conv3D')),
) {
  static readonly className = 'MultiMaskedConv3D';

  constructor(config: MaskedConvolutionConfig) {
    super({ ...convolutionDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiMaskedConv3D);
