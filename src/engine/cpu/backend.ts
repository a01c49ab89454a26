/** @file As much of tfjs's cpu backend as the kernels beside this file use. */
import type { tf } from '../../tf.js';

export interface CpuBackend {
  readonly data: { readonly get: (id: object) => { readonly values: Float32Array | Int32Array } };
  readonly makeTensorInfo: (shape: number[], dtype: tf.DataType, values: Float32Array | Int32Array) => tf.TensorInfo;
}

/** A kernel of one output. */
export type CpuKernel = (call: Parameters<tf.KernelFunc>[0]) => tf.TensorInfo;
