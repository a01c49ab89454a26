/** @file What the shape of a kernel says of its layer. */
import type { tf } from '../../tf.js';

/**
 * How many values each output reads and each input feeds: of a kernel `[inputs, outputs]` those two, of a convolution's
 * `[…window, inputs, outputs]` times the window (as Keras), of a vector its length twice.
 */
export function fansOf(shape: tf.Shape): { readonly inputs: number; readonly outputs: number } {
  const sizes = shape.map(Number);
  const [inputs = 1, outputs = inputs] = sizes.slice(-2);
  const window = sizes.slice(0, -2).reduce((a, b) => a * b, 1);
  return { inputs: inputs * window, outputs: outputs * window };
}

/** A kernel as a matrix: its last axis are the columns. */
export function matrixOf(shape: tf.Shape): { readonly rows: number; readonly columns: number } {
  const sizes = shape.map(Number);
  return { rows: sizes.slice(0, -1).reduce((a, b) => a * b, 1), columns: sizes.at(-1) ?? 1 };
}
