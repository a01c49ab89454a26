import type { RowsApart } from '../../engine/layers/within.js';
import { number } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, tensorsIn } from '../masked/layer-config.js';
import { maskedShapes, where } from './masks.js';

type LayerConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

export interface MaskedPositionsConfig extends LayerConfig {
  /** What stands where nothing is. Default: 0. */
  readonly fill?: number;
}

/**
 * Of `[values, mask]`, the values where the mask is not 0 and `fill` elsewhere: `[batch, length]` or
 * `[batch, length, size]` -> the same. Whatever stood at other positions, infinite or NaN, is gone, and no gradient flows there.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `WRONG_SHAPE`
 * @example
 * const [x, mask] = [tf.input({ shape: [64, 16] }), tf.input({ shape: [64] })];
 * const kept = new MaskedPositions().apply([x, mask]);
 */
export class MaskedPositions extends tf.layers.Layer implements RowsApart {
  static readonly className = 'MaskedPositions';
  readonly treatsRowsApart = true;
  private readonly fill: number;

  constructor(config: MaskedPositionsConfig = {}) {
    super(config);
    this.fill = number().read(config.fill ?? 0, `${this.name}.fill`);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return maskedShapes(this, inputShape, null)[0];
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    maskedShapes(this, inputShape, null);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [x, mask] = tensorsIn(inputs) as [tf.Tensor, tf.Tensor]; // `build` has seen two
      return where(mask, x, this.fill);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), fill: this.fill };
  }
}

tf.serialization.registerClass(MaskedPositions);
