import { tf } from '../../tf.js';
import { pool3dDefaults } from './mann-defaults.js';
import { multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

type PoolingConfig = Parameters<typeof tf.layers.maxPooling3d>[0];

/**
 * `tf.layers.maxPooling3d` of each tensor of a list: `[batch, depth, height, width, channels]` each. MANN's defaults,
 * not tfjs's: `poolSize` 3, `strides` 1, `padding` `'same'`, so that by default nothing becomes smaller.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8, 8, 8, 3] }), tf.input({ shape: [8, 8, 8, 3] })];
 * const halves = new MultiMaxPool3D({ strides: 2 }).apply(inputs);
 */
export class MultiMaxPool3D extends multiLayer<PoolingConfig>(layerClass('MaxPooling3D')) {
  static readonly className = 'MultiMaxPool3D';

  constructor(config: PoolingConfig = {}) {
    super({ ...pool3dDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiMaxPool3D);
