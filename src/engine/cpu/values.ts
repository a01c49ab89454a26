/** @file The numbers of tfjs's cpu backend, for kernels that compute on them. */
import { tf } from '../../tf.js';
import { holds, type Memory, type Numbers } from '../kernels/arrays.js';
import type { CpuBackend } from './backend.js';

export const values: Memory = {
  make: (backend, { shape, dtype, inputs }) => {
    const cpu = backend as CpuBackend; // kernels are registered for this backend alone
    const output = tf.util.makeZerosTypedArray(tf.util.sizeFromShape(shape), dtype as 'float32') as Numbers; // no string
    return {
      info: cpu.makeTensorInfo(shape, dtype, output),
      output,
      inputs: inputs.map(({ dataId }) => cpu.data.get(dataId).values),
    };
  },
  read: (backend, { dataId }) => (backend as CpuBackend).data.get(dataId).values, // see above
  // A float32 tensor's numbers are a Float32Array.
  holds: (backend, { dataId }, oddity) =>
    holds((backend as CpuBackend).data.get(dataId).values as Float32Array, oddity),
};
