/**
 * @file Matrix products. tfjs's wasm kernels take only float32; they leave transposed products (every gradient of a dense
 * layer) to a scalar loop, ten times slower than their SIMD one; and they remember the right factor, laid out for SIMD,
 * by its data alone: after a reshape they read outside it.
 */
import { tf } from '../../../tf.js';

/** Multiplications below which a transpose costs more than it saves. */
const WORTH_TRANSPOSING = 2 ** 15;

/** The shape in which data were a right factor before. */
const rightFactors = new WeakMap<tf.DataId, string>();

/** Wraps tfjs's own kernel, `BatchMatMul` or `_FusedMatMul`. */
export function matMul(original: tf.KernelConfig): tf.KernelConfig {
  const fused = original.kernelName === tf._FusedMatMul;
  return {
    ...original,
    kernelFunc: (call) => {
      const { transposeA, transposeB } = call.attrs ?? {};
      // tfjs-core runs kernels on Tensors; only its types say TensorInfo.
      const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
      // XNNPACK refuses a product over nothing, and tfjs hands out what memory held.
      if (a.shape.at(transposeA ? -2 : -1) === 0 && call.attrs?.activation !== 'prelu') {
        return tf.tidy(() => productOfNothing(call, a, b));
      }
      if (!fused && a.dtype !== 'float32') {
        return tf.tidy(() => integerProduct(transposeA ? swapped(a) : a, transposeB ? swapped(b) : b));
      }
      if (!fused && (transposeA || transposeB) && isOneProduct(a, b, Boolean(transposeA))) {
        return tf.tidy(() => tf.matMul(transposeA ? swapped(a) : a, transposeB ? swapped(b) : b));
      }
      const shape = b.shape.slice(-2).join();
      const before = rightFactors.get(b.dataId) ?? shape;
      rightFactors.set(b.dataId, before);
      if (before === shape) return original.kernelFunc(call);
      const copy = tf.slice(b, 0);
      try {
        return original.kernelFunc({ ...call, inputs: { ...call.inputs, b: copy } });
      } finally {
        copy.dispose();
      }
    },
  };
}

/** Sums of no terms, and what a fused kernel does with them. */
function productOfNothing({ inputs, attrs }: Parameters<tf.KernelFunc>[0], a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = a.shape.at(attrs?.transposeA ? -1 : -2) as number; // of rank 2 or more
  const columns = b.shape.at(attrs?.transposeB ? -2 : -1) as number; // likewise
  const sums = tf.zeros([...batch, rows, columns], a.dtype);
  const biased = inputs.bias === undefined ? sums : tf.add(sums, inputs.bias as tf.Tensor); // kernels run on Tensors
  const activation = String(attrs?.activation);
  switch (activation) {
    case 'relu':
    case 'relu6':
    case 'sigmoid':
    case 'elu':
      return tf[activation](biased);
    case 'leakyrelu':
      return tf.leakyRelu(biased, attrs?.leakyreluAlpha as number); // the attribute that goes with it
    default:
      return biased;
  }
}

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
