/** @file Makes the compiled engine's kernels a backend of ordinary tfjs code. */
import { tf } from '../../../tf.js';
import { messageOf, unavailable } from '../../backend.js';

const BACKEND = 'onnx';

/** Kernels stay registered when a backend goes. */
let kernels: Promise<unknown> | undefined;

/**
 * Registers the tfjs backend `onnx`, so that `await tf.setBackend('onnx')` runs ordinary tfjs code in ONNX Runtime.
 * Operations record a graph; reading a tensor (`data`, `dataSync`, `print`, …) runs what it needs, once. Kernels of
 * float32, int32 and bool tensors are there; complex numbers, FFT, strings and ragged tensors are refused by name
 * (`HeadgateError` `UNSUPPORTED_KERNEL`, `UNSUPPORTED_DTYPE`). ONNX Runtime is loaded when the backend is first set:
 * where its native library is missing, `tf.setBackend` says so in a warning and answers false, as tfjs always does.
 * tfjs never picks this backend by itself.
 */
export function registerOnnxBackend(): void {
  if (tf.findBackendFactory(BACKEND) != null) return;
  tf.registerBackend(
    BACKEND,
    async () => {
      try {
        const [{ LazyBackend }, { onnxRuntime }] = await Promise.all([import('./backend.js'), import('../runtime.js')]);
        onnxRuntime(); // where it is missing, tfjs hears of it here and not in the first read
        kernels ??= import('./kernels.js').then(({ registerLazyKernels }) => registerLazyKernels());
        await kernels;
        return new LazyBackend();
      } catch (cause) {
        throw unavailable(
          BACKEND,
          `ONNX Runtime did not start: ${messageOf(cause)}`,
          'Reinstall onnxruntime-node.',
          cause,
        );
      }
    },
    0,
  );
}
