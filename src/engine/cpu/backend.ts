/** @file As much of tfjs's cpu backend as the kernels beside this file use. */
import type { tf } from '../../tf.js';
import type { Numbers } from '../kernels/arrays.js';

export interface CpuBackend {
  readonly data: { readonly get: (id: object) => { readonly values: Numbers } };
  readonly makeTensorInfo: (shape: number[], dtype: tf.DataType, values: Numbers) => tf.TensorInfo;
}

/** A kernel of one output. */
export type CpuKernel = (call: Parameters<tf.KernelFunc>[0]) => tf.TensorInfo;
