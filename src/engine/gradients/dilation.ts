/**
 * @file Gradients of dilated convolutions, which tfjs refuses. A dilated filter is a larger one with zeros between its
 * taps: the gradients are those of the larger filter, of which the taps are kept.
 */
import { tf } from '../../tf.js';

/** What tfjs's convolution kernels take; both gradients share it with the forward kernel. */
interface ConvolutionAttributes {
  readonly dilations?: number | readonly number[] | null;
  readonly strides: number | readonly number[];
  readonly pad: tf.NamedAttrMap[string];
}

export interface BackpropKernels {
  readonly input: string;
  readonly filter: string;
}

/** Wraps a convolution's gradient. `filter` is `[…spatial, in, out]`. */
export function dilated(original: tf.GradConfig, kernels: BackpropKernels): tf.GradConfig {
  return {
    ...original,
    gradFunc: (dy, saved, attributes) => {
      const [x, filter] = saved as [tf.Tensor, tf.Tensor]; // the gradient's inputsToSave
      const { dilations, ...rest } = attributes as unknown as ConvolutionAttributes; // the op's attributes
      const steps = filter.shape.slice(0, -2).map((_, axis) => stepOf(dilations, axis));
      if (steps.every((step) => step === 1)) return original.gradFunc(dy, saved, attributes);
      const run = (kernel: string, inputs: tf.NamedTensorMap, more: object): tf.Tensor =>
        // Reason for the assertions: the registry's attribute type is wider than any kernel's.
        tf
          .engine()
          .runKernel(kernel, inputs, { ...rest, dilations: steps.map(() => 1), ...more } as never) as tf.Tensor;
      const slope = dy as tf.Tensor; // one output
      const shape = filter.shape.map((size, axis) => (size - 1) * (steps[axis] ?? 1) + 1);
      return {
        x: () => run(kernels.input, { dy: slope, filter: spread(filter, steps) }, { inputShape: x.shape }),
        filter: () => taps(run(kernels.filter, { x, dy: slope }, { filterShape: shape }), steps),
      };
    },
  };
}

function stepOf(dilations: ConvolutionAttributes['dilations'], axis: number): number {
  return typeof dilations === 'number' ? dilations : (dilations?.[axis] ?? 1);
}

/** Puts `step - 1` zeros between the taps of each axis. */
function spread(filter: tf.Tensor, steps: readonly number[]): tf.Tensor {
  return steps.reduce((wide, step, axis) => {
    if (step === 1) return wide;
    const [outer, size, inner] = around(wide.shape, axis);
    const spaced = wide
      .reshape([outer, size, 1, inner])
      .pad([
        [0, 0],
        [0, 0],
        [0, step - 1],
        [0, 0],
      ])
      .reshape([outer, size * step, inner])
      .slice([0, 0, 0], [outer, (size - 1) * step + 1, inner]);
    return spaced.reshape(wide.shape.map((n, i) => (i === axis ? (n - 1) * step + 1 : n)));
  }, filter);
}

/** The way back: every `step`th tap of each axis. */
function taps(filter: tf.Tensor, steps: readonly number[]): tf.Tensor {
  return steps.reduce((wide, step, axis) => {
    if (step === 1) return wide;
    const [outer, length, inner] = around(wide.shape, axis);
    const size = (length - 1) / step + 1;
    const kept = wide
      .reshape([outer, length, inner])
      .pad([
        [0, 0],
        [0, step - 1],
        [0, 0],
      ])
      .reshape([outer, size, step, inner])
      .slice([0, 0, 0, 0], [outer, size, 1, inner]);
    return kept.reshape(wide.shape.map((n, i) => (i === axis ? size : n)));
  }, filter);
}

function around(shape: readonly number[], axis: number): [number, number, number] {
  const size = tf.util.sizeFromShape;
  return [size(shape.slice(0, axis)), shape[axis] ?? 1, size(shape.slice(axis + 1))];
}
