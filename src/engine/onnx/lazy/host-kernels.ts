/**
 * @file Kernels whose results' shapes depend on numbers, which a graph of fixed shapes cannot hold. tfjs's own GPU
 * backends compute them on the host too: their inputs are read, and tfjs's cpu kernel runs.
 */
import { tf } from '../../../tf.js';
import type { LazyBackend, Made } from './backend.js';

export const hostKernels: readonly string[] = [
  tf.BroadcastArgs,
  tf.Multinomial,
  tf.NonMaxSuppressionV3,
  tf.NonMaxSuppressionV4,
  tf.NonMaxSuppressionV5,
  tf.SparseFillEmptyRows,
  tf.SparseReshape,
  tf.SparseSegmentMean,
  tf.SparseSegmentSum,
  tf.Unique,
];

export function runOnHost(
  name: string,
  backend: LazyBackend,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: tf.NamedAttrMap | undefined,
): Made {
  const host = tf.findBackend('cpu');
  const moved = Object.entries(inputs).map(([key, { dataId, shape, dtype }]) => {
    const copy = { dataId: host.write(backend.readSync(dataId), shape, dtype), shape, dtype };
    return [key, copy] as const;
  });
  const made = tf
    .getKernel(name, 'cpu')
    .kernelFunc({ inputs: Object.fromEntries(moved), backend: host, attrs: attrs ?? {} });
  const taken = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => {
    const own = { dataId: backend.write(host.readSync(dataId), shape, dtype), shape, dtype };
    host.disposeData(dataId);
    return own;
  };
  const results = Array.isArray(made) ? made.map(taken) : taken(made);
  for (const [, { dataId }] of moved) host.disposeData(dataId);
  return results;
}
