/** @file Einstein summation of one or two tensors, as one (batched) matrix product. */
import { tf } from '../../tf.js';

/** For any backend: it is made of ops. */
export const einsum = (backendName: string): tf.KernelConfig => ({
  kernelName: tf.Einsum,
  backendName,
  kernelFunc: ({ inputs, attrs }) => {
    const tensors = Object.values(inputs) as tf.Tensor[]; // tfjs-core runs kernels on Tensors
    const equation = String(attrs?.equation).replace(/\s/g, '');
    const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
    const [terms, result] = equation.split('->') as [string, string]; // decodeEinsumEquation asserts the arrow
    const [left, right] = terms.split(',').map((labels, i) => ({ labels, tensor: tensors[i] as tf.Tensor }));
    return tf.tidy(() => {
      const value = right === undefined ? (left as Term) : product(left as Term, right, result);
      return arranged(summed(value, result), result);
    });
  },
});

/** A tensor whose axes have letters. */
interface Term {
  readonly labels: string;
  readonly tensor: tf.Tensor;
}

function product(left: Term, right: Term, result: string): Term {
  const a = summed(left, right.labels + result);
  const b = summed(right, left.labels + result);
  const shared = [...a.labels].filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => result.includes(label)).join('');
  const contracted = shared.filter((label) => !result.includes(label)).join('');
  const rows = [...a.labels].filter((label) => !b.labels.includes(label)).join('');
  const columns = [...b.labels].filter((label) => !a.labels.includes(label)).join('');

  const shapeOf = (term: Term, labels: string): number[] =>
    [...labels].map((label) => term.tensor.shape[term.labels.indexOf(label)] as number);
  const sizeOf = (term: Term, labels: string): number => tf.util.sizeFromShape(shapeOf(term, labels));
  const [B, M, K, N] = [sizeOf(a, batch), sizeOf(a, rows), sizeOf(a, contracted), sizeOf(b, columns)];
  const matrixA = arranged(a, batch + rows + contracted).reshape([B, M, K]);
  const matrixB = arranged(b, batch + contracted + columns).reshape([B, K, N]);
  return {
    labels: batch + rows + columns,
    tensor: matMul(matrixA, matrixB, [B, M, K, N]).reshape([
      ...shapeOf(a, batch),
      ...shapeOf(a, rows),
      ...shapeOf(b, columns),
    ]),
  };
}

/** Not every backend multiplies matrices of integers. */
function matMul(a: tf.Tensor, b: tf.Tensor, [B, M, K, N]: readonly [number, number, number, number]): tf.Tensor {
  if (a.dtype === 'float32' && b.dtype === 'float32') return a.matMul(b);
  return a
    .reshape([B, M, K, 1])
    .mul(b.reshape([B, 1, K, N]))
    .sum(2);
}

/** Sums over the axes whose letter is not in `kept`. */
function summed({ labels, tensor }: Term, kept: string): Term {
  const axes = [...labels].flatMap((label, axis) => (kept.includes(label) ? [] : [axis]));
  if (axes.length === 0) return { labels, tensor };
  return { labels: [...labels].filter((label) => kept.includes(label)).join(''), tensor: tensor.sum(axes) };
}

/** The same axes in the order of `order`. */
function arranged({ labels, tensor }: Term, order: string): tf.Tensor {
  if (labels === order) return tensor.clone();
  return tensor.transpose([...order].map((label) => labels.indexOf(label)));
}
