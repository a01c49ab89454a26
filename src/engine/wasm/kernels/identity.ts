/**
 * @file Copies of a tensor share its values. tfjs's own wasm kernel copies them, and a gradient saves a copy of nearly
 * every tensor on its way.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { tf } from '../../../tf.js';

/** Wraps tfjs's own kernel, which is left to copy strings. */
export function identity(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelName: tf.Identity,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // the op's input
      if (x.dtype === 'string') return original.kernelFunc(call);
      (call.backend as BackendWasm).incRef(x.dataId); // registered for this backend alone
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  };
}
