/** @file Kernels made of other kernels: the ops they call run on the same backend and are not taped again. */
import { tf } from '../../../tf.js';

type Attributes = tf.NamedAttrMap;

/** A wasm kernel whose body is written in ops. Intermediate tensors are disposed. */
export function composite<Input extends string>(
  kernelName: string,
  body: (inputs: Readonly<Record<Input, tf.Tensor>>, attributes: Attributes) => tf.Tensor,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) =>
      // tfjs-core runs kernels on Tensors; only its types say TensorInfo.
      tf.tidy(() => body(inputs as Record<Input, tf.Tensor>, attrs ?? {})),
  };
}
