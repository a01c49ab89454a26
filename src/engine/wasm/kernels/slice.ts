/**
 * @file Slices. tfjs's own wasm kernel first copies the whole tensor off the heap, however small the slice, and does not
 * look whether the slice lies inside it.
 */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';

/** Wraps tfjs's own kernel, which is left to slice strings. */
export function slice(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.Tensor; // tfjs-core runs kernels on Tensors
      if (x.dtype === 'string') return original.kernelFunc(call);
      const { begin, size } = call.attrs as unknown as { begin: number[]; size: number[] }; // the op's attributes
      const [start, shape] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]]; // it gives these two
      tf.slice_util.assertParamsValid(x, start, shape);
      const { info, output, inputs } = onHeap(call.backend, { shape, dtype: x.dtype, inputs: [x] });
      copyRuns(inputs[0] as typeof output, x.shape, output, start, shape);
      return info;
    },
  };
}

type Numbers = Float32Array | Int32Array | Uint8Array;

/** Copies runs that are contiguous in `from`: those of the innermost axes which the slice takes whole, and one more. */
function copyRuns(from: Numbers, fromShape: number[], to: Numbers, start: number[], shape: number[]): void {
  if (to.length === 0) return;
  const strides = [...tf.util.computeStrides(fromShape), 1]; // tfjs leaves out the last
  let axis = fromShape.length - 1;
  while (axis > 0 && shape[axis] === fromShape[axis]) axis--;
  const run = axis < 0 ? 1 : (shape[axis] as number) * (strides[axis] as number);
  const position = start.slice(0, Math.max(0, axis)).fill(0);
  const first = start.reduce((offset, at, i) => offset + at * (strides[i] as number), 0);
  for (let written = 0; written < to.length; written += run) {
    const offset = position.reduce((sum, at, i) => sum + at * (strides[i] as number), first);
    to.set(from.subarray(offset, offset + run), written);
    for (let i = position.length - 1; i >= 0; i--) {
      position[i] = (position[i] as number) + 1;
      if ((position[i] as number) < (shape[i] as number)) break;
      position[i] = 0;
    }
  }
}
