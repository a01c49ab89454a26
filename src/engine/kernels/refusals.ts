/** @file What kernels of eager backends must answer, or refuse, before they look at a number. */
import { tf } from '../../tf.js';
import type { Memory, Numbers, Wrap } from './arrays.js';
import { ofNothing, refuseEmpty } from './empty-axis.js';
import { refuseIndices } from './indices.js';

type Call = Parameters<tf.KernelFunc>[0];

function axesOf({ inputs, attrs }: Call): readonly number[] {
  const { shape } = inputs.x as tf.TensorInfo; // a reduction's input
  const axis = (attrs?.axis ?? attrs?.reductionIndices) as number | number[] | null | undefined; // its attribute
  return tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), shape);
}

/** A reduction over an axis without elements. */
export function answeringNothing(memory: Memory): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // its input
      const axes = axesOf(call);
      if (axes.every((axis) => x.shape[axis] !== 0)) return original.kernelFunc(call);
      const kept = tf.backend_util.expandShapeToKeepDim(
        x.shape.filter((_, axis) => !axes.includes(axis)),
        [...axes],
      );
      const shape = call.attrs?.keepDims === true ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
      const dtype = original.kernelName === tf.Mean ? 'float32' : x.dtype;
      const { info, output } = memory.make(call.backend, { shape, dtype, inputs: [] });
      output.fill(ofNothing(original.kernelName, dtype));
      return info;
    },
  });
}

/** `ArgMax` and `ArgMin`. */
export const refusingNothing: Wrap = (original) => ({
  ...original,
  kernelFunc: (call) => {
    const { shape } = call.inputs.x as tf.TensorInfo; // its input
    const [axis = 0] = axesOf(call);
    if (shape.length > 0) refuseEmpty(original.kernelName, shape, axis);
    return original.kernelFunc(call);
  },
});

/** A kernel of `indexRules`. */
export function refusingOutside(memory: Memory): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const inputs = call.inputs as Record<string, tf.TensorInfo>; // none of these kernels leaves one out
      refuseIndices(original.kernelName, inputs, call.attrs, (tensor) => memory.read(call.backend, tensor));
      return original.kernelFunc(call);
    },
  });
}

/** `TopK` of numbers among which is NaN: it ranks with infinity, so that it is seen. The first of equals comes first. */
export function rankingNaN(memory: Memory): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const x = inputs.x as tf.TensorInfo; // its input
      const [size, k] = [x.shape.at(-1) as number, attrs?.k as number]; // of rank 1 or more, and its attribute
      const shape = [...x.shape.slice(0, -1), k];
      const found = memory.make(backend, { shape, dtype: 'int32', inputs: [] }).info;
      const made = memory.make(backend, { shape, dtype: 'float32', inputs: [x, found] });
      const [values, places] = made.inputs as [Numbers, Numbers]; // two
      const key = (at: number): number =>
        Number.isNaN(values[at]) ? Number.POSITIVE_INFINITY : (values[at] as number);
      for (let row = 0; row * k < made.output.length; row++) {
        const start = row * size;
        const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => {
          const [a, b] = [key(start + i), key(start + j)];
          return a === b ? i - j : a < b ? 1 : -1;
        });
        for (let i = 0; i < k; i++) {
          places[row * k + i] = order[i] as number; // k is at most the size: the op asserts it
          made.output[row * k + i] = values[start + (order[i] as number)] as number;
        }
      }
      return [made.info, found];
    },
  });
}
