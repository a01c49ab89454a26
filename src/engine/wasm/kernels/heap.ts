/** @file Room for kernels that compute in JavaScript, on the wasm heap itself. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { tf } from '../../../tf.js';

type Numbers = Float32Array | Int32Array | Uint8Array;

interface HeapCall {
  readonly info: tf.TensorInfo;
  /** Filled with zeros. */
  readonly output: Numbers;
  readonly inputs: readonly Numbers[];
}

/** A new tensor and views of it and of the kernel's inputs, valid until the next allocation. */
export function onHeap(
  backend: unknown,
  { shape, dtype, inputs }: { shape: number[]; dtype: tf.DataType; inputs: readonly tf.TensorInfo[] },
): HeapCall {
  const wasm = backend as BackendWasm; // kernels are registered for this backend alone
  // The heap may grow here, which detaches every view of it: so the views come after.
  const info = wasm.makeOutput(shape, dtype);
  return {
    info,
    output: wasm.typedArrayFromHeap(info).fill(0),
    inputs: inputs.map((input) => wasm.typedArrayFromHeap(input)),
  };
}
