import type { RowsApart } from '../../engine/layers/within.js';
import { optional, readOptions, text } from '../../options.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, tensorsIn } from '../masked/layer-config.js';
import { applied, type Composed, type WithMask } from './composed.js';
import { isThere, maskedShapes, where } from './masks.js';

export type MaskedMeanConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

/**
 * The mean over the positions that are there: `[vectors, mask]`, `[batch, length, size]` and `[batch, length]`, ->
 * `[batch, size]`. Zeros for a row without any.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `WRONG_SHAPE`
 * @example
 * const [x, mask] = [tf.input({ shape: [64, 16] }), tf.input({ shape: [64] })];
 * const mean = new MaskedMean().apply([x, mask]);
 */
export class MaskedMean extends tf.layers.Layer implements RowsApart {
  static readonly className = 'MaskedMean';
  readonly treatsRowsApart = true;

  constructor(config: MaskedMeanConfig = {}) {
    super(config);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [[batch = null, , size = null]] = maskedShapes(this, inputShape, 3);
    return [batch, size];
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    maskedShapes(this, inputShape, 3);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [x, mask] = tensorsIn(inputs) as [tf.Tensor, tf.Tensor]; // `build` has seen two
      const count = isThere(mask).cast('float32').sum(1, true);
      return where(mask, x).sum(1).div(count.maximum(1));
    });
  }
}

tf.serialization.registerClass(MaskedMean);

export interface MaskedMeanOptions {
  /** Of the layer. */
  readonly name?: string | undefined;
}

/**
 * The mean of vectors over the positions that are there: `[batch, length, size]` and a mask `[batch, length]` ->
 * `[batch, size]`; zeros for a row without any.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; of `apply` `WRONG_SHAPE`
 * @example
 * const [tokens, mask] = [tf.input({ shape: [64, 16] }), tf.input({ shape: [64] })] as const;
 * const sentence = maskedMean().apply([tokens, mask]);
 */
export function maskedMean(options: MaskedMeanOptions = {}): Composed<WithMask> {
  const { name } = readOptions('maskedMean', { name: optional(text) }, options);
  const layer = new MaskedMean(name === undefined ? {} : { name });
  return { apply: (inputs) => applied(layer, [...inputs]) };
}
