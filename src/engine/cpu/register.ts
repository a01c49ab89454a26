/** @file Replaces the kernels that tfjs's cpu backend has wrong. */
import { tf } from '../../tf.js';
import { binary, unary, unlessAny, type Wrap } from '../kernels/arrays.js';
import { batchNorm } from '../kernels/batch-norm.js';
import { einsum } from '../kernels/einsum.js';
import { reductionNames } from '../kernels/empty-axis.js';
import * as functions from '../kernels/functions.js';
import { indexRules } from '../kernels/indices.js';
import { planePool, poolingNaN, volumePool } from '../kernels/pool-windows.js';
import { answeringNothing, rankingNaN, refusingNothing, refusingOutside } from '../kernels/refusals.js';
import type { CpuKernel } from './backend.js';
import { maxPool3DGrad } from './max-pool-3d-grad.js';
import { nearestNeighborGrad, resizeBilinearGrad } from './resize-gradients.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';
import { values } from './values.js';

const fused = [tf._FusedMatMul, tf.FusedConv2D, tf.FusedDepthwiseConv2D];

/** Wrong for some numbers: coarse, or NaN lost. */
const numeric: readonly (readonly [string, Wrap])[] = [
  [tf.Elu, unary(values, functions.elu)],
  [tf.Erf, unary(values, functions.erf)],
  [tf.Selu, unary(values, functions.selu)],
  [tf.Mod, binary(values, functions.floorMod)],
  [tf.Pow, binary(values, functions.pow)],
  [tf.MaxPool, unlessAny(values, 'NaN', ['x'], poolingNaN(values, planePool))],
  [tf.MaxPool3D, unlessAny(values, 'NaN', ['x'], poolingNaN(values, volumePool))],
  [tf.TopK, unlessAny(values, 'non-finite', ['x'], rankingNaN(values))],
];

let registered = false;

/** Later calls change nothing. */
export function registerCpuKernels(): void {
  if (registered) return;
  registered = true;
  replaceFunction(tf.Einsum, () => einsum('cpu').kernelFunc); // wrong when a whole input is summed away
  replaceFunction(tf.FusedBatchNorm, batchNorm);
  replaceFunction(tf.MaxPool3DGrad, () => maxPool3DGrad);
  replaceFunction(tf.UnsortedSegmentSum, () => unsortedSegmentSum);
  replaceFunction(tf.ResizeNearestNeighborGrad, () => nearestNeighborGrad);
  replaceFunction(tf.ResizeBilinearGrad, (original) => resizeBilinearGrad(original as CpuKernel)); // it has one output
  for (const [kernelName, wrap] of numeric) replace(kernelName, wrap);
  for (const kernelName of fused) replace(kernelName, withElu); // they have an elu of their own
  for (const kernelName of reductionNames) replace(kernelName, answeringNothing(values));
  for (const kernelName of [tf.ArgMax, tf.ArgMin]) replace(kernelName, refusingNothing);
  for (const kernelName of indexRules.keys()) replace(kernelName, refusingOutside(values));
}

const withElu: Wrap = (original) => ({
  ...original,
  kernelFunc: (call) => {
    if (call.attrs?.activation !== 'elu') return original.kernelFunc(call);
    const linear = original.kernelFunc({ ...call, attrs: { ...call.attrs, activation: 'linear' } });
    const tensor = tf.engine().makeTensorFromTensorInfo(linear as tf.TensorInfo); // it has one output
    const made = tf.elu(tensor);
    tensor.dispose();
    return made;
  },
});

function replaceFunction(kernelName: string, by: (original: tf.KernelFunc) => tf.KernelFunc): void {
  replace(kernelName, (original) => ({ ...original, kernelFunc: by(original.kernelFunc) }));
}

function replace(kernelName: string, by: Wrap): void {
  const original = tf.getKernel(kernelName, 'cpu');
  if (original == null) throw new Error(`the cpu backend of tfjs has no kernel ${kernelName}`);
  tf.unregisterKernel(kernelName, 'cpu');
  tf.registerKernel(by(original));
}
