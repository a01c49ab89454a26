import type { RowsApart } from '../../engine/layers/within.js';
import { tf } from '../../tf.js';
import { keepDataType, refuseUnknownOptions, shapesIn, shapeText, tensorsIn, wrongShape } from './layer-config.js';

export type SumConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

/**
 * The sum of all inputs, element by element; they have one shape. Unlike `tf.layers.add` it takes one input, too.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' shapes differ, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
 * const sum = new SumLayer().apply(inputs);
 */
export class SumLayer extends tf.layers.Layer implements RowsApart {
  static readonly className = 'SumLayer';
  readonly treatsRowsApart = true;

  constructor(config: SumConfig = {}) {
    super(config);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    equalShapes(this, inputShape);
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return equalShapes(this, inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.addN(tensorsIn(inputs));
  }
}

/** @throws HeadgateError `WRONG_SHAPE` */
export function equalShapes(layer: tf.layers.Layer, inputShape: tf.Shape | tf.Shape[]): tf.Shape {
  const shapes = shapesIn(inputShape);
  const [first = []] = shapes;
  if (shapes.every((shape) => String(shape) === String(first))) return first;
  throw wrongShape(layer, {
    problem: `all inputs of ${layer.getClassName()} need one shape`,
    expected: `${shapeText(first)}, as the first`,
    received: shapes.map(shapeText).join(', '),
  });
}

tf.serialization.registerClass(SumLayer);
