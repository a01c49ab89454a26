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

/** `TopK` of numbers among which is NaN: it ranks with infinity, so that it is seen. */
export function rankingNaN(memory: Memory): Wrap {
  return (original) => ({
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // its input
      const { info: ranked, output: keys, inputs } = memory.make(call.backend, { ...x, inputs: [x] });
      const values = inputs[0] as Numbers; // one
      for (let i = 0; i < keys.length; i++) {
        keys[i] = Number.isNaN(values[i]) ? Number.POSITIVE_INFINITY : (values[i] as number);
      }
      const [top, indices] = original.kernelFunc({ ...call, inputs: { x: ranked } }) as [tf.TensorInfo, tf.TensorInfo];
      const made = memory.make(call.backend, { shape: top.shape, dtype: 'float32', inputs: [x, indices] });
      const [from, at] = made.inputs as [Numbers, Numbers]; // two
      const [size, k] = [x.shape.at(-1) as number, top.shape.at(-1) as number]; // its rank is at least 1
      for (let i = 0; i < made.output.length; i++) {
        made.output[i] = from[Math.floor(i / k) * size + (at[i] as number)] as number;
      }
      for (const { dataId } of [ranked, top]) (call.backend as tf.KernelBackend).disposeData(dataId);
      return [made.info, indices];
    },
  });
}
