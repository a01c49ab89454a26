/**
 * @file Comparisons and logic are flat almost everywhere: their gradient is 0. tfjs says so of some of them
 * (GreaterEqual, Step) and refuses the others, so that a layer like `thresholdedReLU` or `masking` could not stand behind
 * weights.
 */
import { tf } from '../../tf.js';

const pairs = [
  tf.Equal,
  tf.Greater,
  tf.Less,
  tf.LessEqual,
  tf.LogicalAnd,
  tf.LogicalOr,
  tf.LogicalXor,
  tf.NotEqual,
] as const;
const single = [tf.All, tf.Any, tf.LogicalNot] as const;

/** Zeros of the shapes of the named inputs. */
function flat(kernelName: string, inputs: readonly string[]): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (_, saved) =>
      Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros((saved[i] as tf.Tensor).shape)])),
  };
}

export const flatGradients: readonly tf.GradConfig[] = [
  ...pairs.map((name) => flat(name, ['a', 'b'])),
  ...single.map((name) => flat(name, ['x'])),
];
