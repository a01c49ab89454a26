/** @file Room for kernels that compute in JavaScript, on the wasm heap itself. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { ArrayCall, Memory, NewTensor } from '../../kernels/arrays.js';
import { scan } from './scan.js';

/** A new tensor and views of it and of the kernel's inputs, valid until the next allocation. */
export function onHeap(backend: unknown, { shape, dtype, inputs }: NewTensor): ArrayCall {
  const wasm = backend as BackendWasm; // kernels are registered for this backend alone
  // The heap may grow here, which detaches every view of it: so the views come after.
  const info = wasm.makeOutput(shape, dtype);
  return {
    info,
    output: wasm.typedArrayFromHeap(info).fill(0),
    inputs: inputs.map((input) => wasm.typedArrayFromHeap(input)),
  };
}

export const heap: Memory = {
  make: onHeap,
  read: (backend, tensor) => (backend as BackendWasm).typedArrayFromHeap(tensor), // registered for this backend alone
  holds: scan,
};
