/** @file Between host tensors and tfjs tensors, with what was handed over checked first. */
import { HeadgateError, show } from '../errors.js';
import { tf } from '../tf.js';
import type { BatchTensor, BatchType, DataType, HostTensor } from './engine.js';

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, uint8: Uint8Array } as const;
const computed: readonly BatchType[] = ['float32', 'int32', 'bool'] satisfies readonly DataType[];

/** Throws `INVALID_TENSOR` unless the data's type, length and, for bool, values are what dtype and shape say. */
export function checkHostTensor(path: string, { shape, dtype, data }: BatchTensor): void {
  const size = tf.util.sizeFromShape([...shape]);
  const fits = Object.hasOwn(arrays, dtype) && data instanceof arrays[dtype] && data.length === size;
  const stray = fits && dtype === 'bool' ? data.find((byte) => byte > 1) : undefined;
  if (fits && stray === undefined) return;
  throw new HeadgateError({
    code: 'INVALID_TENSOR',
    path,
    problem: 'the data do not fit the shape and type that they are declared to have',
    expected: `${size} ${dtype} values for shape ${describe({ shape, dtype })}`,
    received:
      stray === undefined ? `${show(data)}, ${data.length} values` : `a byte of ${stray}, where 0 is false and 1 true`,
  });
}

/** As `checkHostTensor`, for a tensor that lives in a state: throws `INVALID_TENSOR` for bytes, too. */
export function checkStateTensor(path: string, tensor: BatchTensor): void {
  checkHostTensor(path, tensor);
  if (!computed.includes(tensor.dtype))
    throw unsupported(path, 'a state can keep no tensor of this type', tensor.dtype);
}

/** Copies to the active backend, once: all but wasm would otherwise go on reading the caller's array. */
export function upload(path: string, host: BatchTensor): tf.Tensor {
  checkHostTensor(path, host);
  const { data, shape, dtype } = host;
  if (dtype === 'uint8') return tf.tensor(new Float32Array(data), [...shape], 'float32');
  return tf.tensor(tf.getBackend() === 'wasm' ? data : data.slice(), [...shape], dtype);
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
  throw unsupported(path, 'a step can give no tensor of this type', dtype);
}

function unsupported(path: string, problem: string, received: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_TENSOR', path, problem, expected: computed.join(', '), received });
}

/** `float32[2,3]`. */
export function describe({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: string }): string {
  return `${dtype}[${shape.join(',')}]`;
}
