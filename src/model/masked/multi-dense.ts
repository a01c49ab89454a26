import { tf } from '../../tf.js';
import { denseDefaults, type MannDenseConfig } from './mann-defaults.js';
import { multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

/**
 * `tf.layers.dense` for a list of T inputs, one a task: `[batch, …, inputs]` -> `[batch, …, units]` each. Input i
 * meets slice i of the weights alone and comes out at place i. What `removeLayerMasks` makes of `MultiMaskedDense`.
 *
 * Weights: `kernel` `[T, inputs, units]`, `bias` `[T, …]`. It takes every option of `tf.layers.dense`.
 * MANN's default, not tfjs's: `kernelInitializer` is `'randomNormal'`.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' channels differ, `LENGTH_MISMATCH` when it is called with another
 *   number of inputs than it was built for, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
 * const [first, second] = [new MultiDense({ units: 4 }).apply(inputs)].flat();
 */
export class MultiDense extends multiLayer<MannDenseConfig>(layerClass('Dense')) {
  static readonly className = 'MultiDense';

  constructor(config: MannDenseConfig) {
    super({ ...denseDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiDense);
