/** @file Elementwise kernels that tfjs's wasm backend has wrong. */
import { tf } from '../../../tf.js';
import { onHeap } from './heap.js';

/** NaN stays NaN. tfjs's own kernel turns it into the lower bound, and so hides that something went wrong. */
export const clipByValue: tf.KernelConfig = {
  kernelName: tf.ClipByValue,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const x = inputs.x as tf.TensorInfo; // the op's input
    const { clipValueMin, clipValueMax } = attrs as { clipValueMin: number; clipValueMax: number }; // its attributes
    const { info, output, inputs: views } = onHeap(backend, { shape: x.shape, dtype: x.dtype, inputs: [x] });
    const values = views[0] as typeof output;
    for (let i = 0; i < output.length; i++) {
      const value = values[i] as number;
      output[i] = value < clipValueMin ? clipValueMin : value > clipValueMax ? clipValueMax : value;
    }
    return info;
  },
};

/** Whatever is not zero is true. tfjs's own kernel copies the number's last byte. */
export function cast(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const x = call.inputs.x as tf.TensorInfo; // the op's input
      if (call.attrs?.dtype !== 'bool' || x.dtype === 'bool') return original.kernelFunc(call);
      const { info, output, inputs } = onHeap(call.backend, { shape: x.shape, dtype: 'bool', inputs: [x] });
      const values = inputs[0] as typeof output;
      for (let i = 0; i < output.length; i++) output[i] = values[i] === 0 ? 0 : 1;
      return info;
    },
  };
}
