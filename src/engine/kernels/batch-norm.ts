/**
 * @file FusedBatchNorm whose statistics broadcast along any axis. The cpu and wasm kernels of tfjs read them round and
 * round, which is right along the last axes only.
 */
import { tf } from '../../tf.js';

/** Wraps tfjs's own kernel. */
export function batchNorm(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    // tfjs-core runs kernels on Tensors; only its types say TensorInfo.
    const { x, mean, variance, scale, offset } = call.inputs as Record<string, tf.Tensor | undefined>;
    if (x === undefined || mean === undefined || variance === undefined) return original(call);
    const given = [mean, variance, scale, offset];
    if (given.every((one) => one === undefined || isRepeated(one.shape, x.shape))) return original(call);
    return tf.tidy(() => {
      const normal = x.sub(mean).mul(variance.add(Number(call.attrs?.varianceEpsilon)).rsqrt());
      const scaled = scale === undefined ? normal : normal.mul(scale);
      return offset === undefined ? scaled : scaled.add(offset);
    });
  };
}

/** Whether a broadcast of `inner` is the same values again and again. */
function isRepeated(inner: readonly number[], outer: readonly number[]): boolean {
  const first = inner.findIndex((size) => size !== 1);
  if (first < 0) return true;
  const kept = inner.slice(first);
  return kept.every((size, i) => size === outer[outer.length - kept.length + i]);
}
