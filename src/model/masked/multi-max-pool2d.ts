import { tf } from '../../tf.js';
import { pool2dDefaults } from './mann-defaults.js';
import { multiLayer } from './multi-layer.js';
import { layerClass } from './tfjs-classes.js';

type PoolingConfig = Parameters<typeof tf.layers.maxPooling2d>[0];

/**
 * `tf.layers.maxPooling2d` of each tensor of a list: `[batch, height, width, channels]` each. MANN's defaults, not
 * tfjs's: `poolSize` 2, `strides` 1, `padding` `'same'`, so that by default nothing becomes smaller.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8, 8, 3] }), tf.input({ shape: [8, 8, 3] })];
 * const halves = new MultiMaxPool2D({ strides: 2 }).apply(inputs);
 */
export class MultiMaxPool2D extends multiLayer<PoolingConfig>(layerClass('MaxPooling2D')) {
  static readonly className = 'MultiMaxPool2D';

  constructor(config: PoolingConfig = {}) {
    super({ ...pool2dDefaults, ...config });
  }
}

tf.serialization.registerClass(MultiMaxPool2D);
