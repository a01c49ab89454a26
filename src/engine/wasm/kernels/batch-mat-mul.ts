/**
 * @file Matrix product. tfjs's wasm kernel leaves transposed products (every gradient of a dense layer) to a scalar
 * loop, ten times slower than its SIMD one: transpose first, then multiply.
 */
import { tf } from '../../../tf.js';

/** Multiplications below which a transpose costs more than it saves. */
const WORTH_TRANSPOSING = 2 ** 15;

/** Wraps tfjs's own kernel. */
export function batchMatMul(original: tf.KernelConfig): tf.KernelConfig {
  return {
    ...original,
    kernelFunc: (call) => {
      const { transposeA, transposeB } = call.attrs ?? {};
      // tfjs-core runs kernels on Tensors; only its types say TensorInfo.
      const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
      if (a.dtype !== 'float32')
        return tf.tidy(() => integerProduct(transposeA ? swapped(a) : a, transposeB ? swapped(b) : b));
      if ((!transposeA && !transposeB) || !isOneProduct(a, b, Boolean(transposeA))) return original.kernelFunc(call);
      return tf.tidy(() => tf.matMul(transposeA ? swapped(a) : a, transposeB ? swapped(b) : b));
    },
  };
}

/** tfjs's own kernel is for float32 only. */
function integerProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return a.expandDims(-1).mul(b.expandDims(-3)).sum(-2);
}

/** One large product: batches stay in tfjs's own loop, which takes them all in one call. */
function isOneProduct(a: tf.Tensor, b: tf.Tensor, transposeA: boolean): boolean {
  const rows = a.shape[a.rank - (transposeA ? 1 : 2)] as number;
  if (a.shape.slice(0, -2).some((size) => size !== 1) || b.shape.slice(0, -2).some((size) => size !== 1)) return false;
  return rows * b.size >= WORTH_TRANSPOSING;
}

function swapped(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return x.transpose([...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
