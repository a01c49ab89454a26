import type { RowsApart } from '../../engine/layers/within.js';
import { number } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, tensorsIn } from '../masked/layer-config.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface TokenMaskConfig extends LayerConfig {
  /** The id that fills up short rows. Default: 0. */
  readonly padding?: number;
}

/**
 * Which positions are there: of ids `[batch, length]` 1 where the id is not `padding`, else 0, as float32.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example
 * const mask = new TokenMask({ padding: 0 }).apply(tf.input({ shape: [64] }));
 */
export class TokenMask extends tf.layers.Layer implements RowsApart {
  static readonly className = 'TokenMask';
  readonly treatsRowsApart = true;
  private readonly padding: number;

  constructor(config: TokenMaskConfig = {}) {
    super(config);
    this.padding = number().read(config.padding ?? 0, `${this.name}.padding`);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [ids] = tensorsIn(inputs) as [tf.Tensor]; // the layer takes one tensor
      return ids.cast('float32').notEqual(this.padding).cast('float32');
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), padding: this.padding };
  }
}

tf.serialization.registerClass(TokenMask);
