/** @file What layers that honour a mask have in common: a mask is a tensor of its own, `[batch, length]`, not 0 where a position is there. */
import { tf } from '../../tf.js';
import { shapesIn, shapeText, wrongShape } from '../masked/layer-config.js';

/** `x` `[batch, length, …]` where the mask `[batch, length]` is not 0, and `fill` elsewhere, whatever stood there: NaN too. */
export function where(mask: tf.Tensor, x: tf.Tensor, fill = 0): tf.Tensor {
  const shape = [...mask.shape, ...x.shape.slice(2).map(() => 1)];
  return tf.where(isThere(mask).reshape(shape), x, tf.scalar(fill, x.dtype === 'int32' ? 'int32' : 'float32'));
}

export function isThere(mask: tf.Tensor): tf.Tensor {
  return mask.notEqual(tf.scalar(0, mask.dtype === 'int32' ? 'int32' : 'float32'));
}

/**
 * The shapes of `[values, mask]`.
 *
 * @param rank of the values: 2 for ids, 3 for vectors; null for either
 * @throws HeadgateError `WRONG_SHAPE`
 */
export function maskedShapes(
  layer: tf.layers.Layer,
  given: tf.Shape | tf.Shape[],
  rank: number | null,
): readonly [values: tf.Shape, mask: tf.Shape] {
  const [values, mask, ...others] = shapesIn(given);
  const isFitting = rank === null ? values?.length === 2 || values?.length === 3 : values?.length === rank;
  if (values !== undefined && isFitting && mask?.length === 2 && mask[1] === values[1] && others.length === 0) {
    return [values, mask];
  }
  throw wrongShape(layer, {
    problem: 'these are no values with their mask',
    expected: `${rank === 2 ? '[batch, length]' : '[batch, length, size]'} and a mask [batch, length]`,
    received: shapesIn(given).map(shapeText).join(', '),
    mend: 'Apply it to a list of both: `apply([tokens, mask])`.',
  });
}
