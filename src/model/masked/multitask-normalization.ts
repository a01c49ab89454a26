import type { RowsApart } from '../../engine/layers/within.js';
import { tf } from '../../tf.js';
import { answeredBefore, type LastAnswer } from './asked-again.js';
import { keepDataType, refuseUnknownOptions, shapesIn, tensorsIn } from './layer-config.js';
import { equalShapes } from './sum-layer.js';

export type MultitaskNormalizationConfig = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

/**
 * Each input's share in the sum of all: from T tensors of one shape, `x_i / (x_1 + … + x_T)` element by element. MANN's
 * TensorFlow layer; its PyTorch layer divides by T. Where the sum is 0 every share is 0, and its gradient too: MANN
 * gives NaN there, which ruins every weight.
 *
 * @throws HeadgateError `WRONG_SHAPE` when the inputs' shapes differ, `INVALID_OPTIONS` for an option that it does not have
 * @example
 * const inputs = [tf.input({ shape: [8] }), tf.input({ shape: [8] })];
 * const [first, second] = [new MultitaskNormalization().apply(inputs)].flat();
 */
export class MultitaskNormalization extends tf.layers.Layer implements RowsApart {
  static readonly className = 'MultitaskNormalization';
  readonly treatsRowsApart = true;
  private last: LastAnswer | null = null;

  constructor(config: MultitaskNormalizationConfig = {}) {
    super(config);
    keepDataType(this, config);
    refuseUnknownOptions(this, config);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    equalShapes(this, inputShape);
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
    equalShapes(this, inputShape);
    return shapesIn(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
    const given = tensorsIn(inputs);
    const again = answeredBefore(this.last, given);
    if (again !== null) return again;
    const outputs = tf.tidy(() => {
      const sum = tf.addN(given);
      // 1, or 0 where the sum is 0; of operations that tfjs can differentiate.
      const counts = sum.sign().square();
      // Replaced before the division: 0/0 is NaN, and so is its gradient, whatever is masked afterwards.
      const divisor = sum.add(counts.neg().add(1));
      return given.map((input) => input.div(divisor).mul(counts));
    });
    this.last = { inputs: given, outputs };
    return outputs;
  }
}

tf.serialization.registerClass(MultitaskNormalization);
