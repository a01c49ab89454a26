/** @file The numbers of tfjs's cpu backend, for kernels that compute on them. */
import { tf } from '../../tf.js';
import type { Memory, Numbers } from '../kernels/arrays.js';
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
};
