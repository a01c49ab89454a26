/** @file Weights that are given. */
import { HeadgateError, show } from '../../errors.js';
import { tf } from '../../tf.js';
import { GIVEN_VALUES } from './name.js';
import { OwnInitializer } from './own-initializer.js';

/** Numbers as lists of lists, one level an axis. */
export type NestedNumbers = number | readonly NestedNumbers[];

export interface GivenValuesConfig {
  readonly values: NestedNumbers;
}

/** See `initializers.values`. */
export class GivenValues extends OwnInitializer {
  static readonly className = GIVEN_VALUES;
  private readonly values: NestedNumbers;
  private readonly shape: readonly number[];

  constructor({ values }: GivenValuesConfig) {
    super();
    this.shape = shapeOf(values);
    this.values = values;
  }

  override apply(shape: tf.Shape): tf.Tensor {
    if (String(shape) !== String(this.shape)) {
      throw new HeadgateError({
        code: 'WRONG_SHAPE',
        path: 'initializers.values',
        problem: 'the values are not of the shape of the weight',
        expected: `[${shape.join(', ')}]`,
        received: `[${this.shape.join(', ')}]`,
      });
    }
    return tf.tensor(this.values as tf.TensorLike, [...this.shape], 'float32'); // tfjs wants lists that it might write to
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { values: this.values as tf.serialization.ConfigDictArray }; // lists of numbers
  }
}

/** @throws HeadgateError `INVALID_OPTIONS` for lists of unequal lengths, and for what is no finite number */
function shapeOf(values: unknown, at = 'initializers.values'): number[] {
  if (Array.isArray(values) && values.length > 0) {
    const [first = [], ...others] = values.map((value, i) => shapeOf(value, `${at}[${i}]`));
    const odd = others.findIndex((shape) => String(shape) !== String(first));
    if (odd < 0) return [values.length, ...first];
    throw refused(`${at}[${odd + 1}]`, values[odd + 1], `a list of the shape [${first.join(', ')}], as the one before`);
  }
  if (typeof values === 'number' && Number.isFinite(values)) return [];
  throw refused(at, values, 'lists of finite numbers, one level for each axis of the weight');
}

function refused(path: string, received: unknown, expected: string): HeadgateError {
  const problem = 'these are no values of a weight';
  return new HeadgateError({ code: 'INVALID_OPTIONS', path, problem, expected, received: show(received) });
}

tf.serialization.registerClass(GivenValues);
