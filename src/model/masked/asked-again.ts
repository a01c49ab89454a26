/**
 * @file tfjs's models call a layer of several outputs once for each output. In inference they dispose what no later layer
 * reads, and count an input that stands twice in a list as two readers: at the second call it is gone.
 */
import type { tf } from '../../tf.js';

/** What a layer answered last. */
export interface LastAnswer {
  readonly inputs: readonly tf.Tensor[];
  readonly outputs: readonly tf.Tensor[];
}

/**
 * The answer to the same inputs when they are disposed by now; null when the layer can compute. The model has taken
 * what it needed of outputs that are disposed, too: anything may stand for them.
 */
export function answeredBefore(last: LastAnswer | null, inputs: readonly tf.Tensor[]): tf.Tensor[] | null {
  if (last === null || !inputs.some((input) => input.isDisposed)) return null;
  if (inputs.length !== last.inputs.length || inputs.some((input, i) => input !== last.inputs[i])) return null;
  const alive = last.outputs.find((output) => !output.isDisposed);
  if (alive === undefined) return null;
  return last.outputs.map((output) => (output.isDisposed ? alive : output).clone());
}
