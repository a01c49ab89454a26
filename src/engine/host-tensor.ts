/** @file Between host tensors and tfjs tensors, with what was handed over checked first. */
import { HeadgateError, show } from '../errors.js';
import { tf } from '../tf.js';
import type { DataType, HostTensor } from './engine.js';

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Throws `INVALID_TENSOR` unless the data's type and length are what dtype and shape say. */
export function checkHostTensor(path: string, { shape, dtype, data }: HostTensor): void {
  const size = tf.util.sizeFromShape([...shape]);
  if (Object.hasOwn(arrays, dtype) && data instanceof arrays[dtype] && data.length === size) return;
  throw new HeadgateError({
    code: 'INVALID_TENSOR',
    path,
    problem: 'the data do not fit the shape and type that they are declared to have',
    expected: `${size} ${dtype} values for shape ${describe({ shape, dtype })}`,
    received: `${show(data)}, ${data.length} values`,
  });
}

/** Copies to the active backend: some backends would otherwise go on reading the caller's array. */
export function upload(path: string, host: HostTensor): tf.Tensor {
  checkHostTensor(path, host);
  return tf.tensor(host.data.slice(), [...host.shape], host.dtype);
}

/** Copies to the host. */
export async function download(path: string, tensor: tf.Tensor): Promise<HostTensor> {
  const dtype = dataTypeOf(path, tensor);
  const data = await tensor.data<DataType>();
  return { shape: [...tensor.shape], dtype, data: data.slice() };
}

/** Throws `INVALID_TENSOR` for strings and complex numbers. */
export function dataTypeOf(path: string, { dtype }: { readonly dtype: tf.DataType }): DataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new HeadgateError({
    code: 'INVALID_TENSOR',
    path,
    problem: 'a step can carry no tensor of this type',
    expected: Object.keys(arrays).join(', '),
    received: dtype,
  });
}

/** `float32[2,3]`. */
export function describe({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: string }): string {
  return `${dtype}[${shape.join(',')}]`;
}
