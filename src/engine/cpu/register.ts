/** @file Replaces the kernels that tfjs's cpu backend has wrong. */
import { tf } from '../../tf.js';
import { batchNorm } from '../kernels/batch-norm.js';
import { einsum } from '../kernels/einsum.js';
import type { CpuKernel } from './backend.js';
import { maxPool3DGrad } from './max-pool-3d-grad.js';
import { nearestNeighborGrad, resizeBilinearGrad } from './resize-gradients.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

let registered = false;

/** Later calls change nothing. */
export function registerCpuKernels(): void {
  if (registered) return;
  registered = true;
  replace(tf.Einsum, () => einsum('cpu').kernelFunc); // wrong when a whole input is summed away
  replace(tf.FusedBatchNorm, batchNorm);
  replace(tf.MaxPool3DGrad, () => maxPool3DGrad);
  replace(tf.UnsortedSegmentSum, () => unsortedSegmentSum);
  replace(tf.ResizeNearestNeighborGrad, () => nearestNeighborGrad);
  replace(tf.ResizeBilinearGrad, (original) => resizeBilinearGrad(original as CpuKernel)); // it has one output
}

function replace(kernelName: string, by: (original: tf.KernelFunc) => tf.KernelFunc): void {
  const original = tf.getKernel(kernelName, 'cpu');
  if (original == null) throw new Error(`the cpu backend of tfjs has no kernel ${kernelName}`);
  tf.unregisterKernel(kernelName, 'cpu');
  tf.registerKernel({ ...original, kernelFunc: by(original.kernelFunc) });
}
