/** @file Registers the kernels that tfjs's wasm backend lacks, or has wrong or too slow, so that it trains every model. */
import { tf } from '../../../tf.js';
import { batchNorm } from '../../kernels/batch-norm.js';
import { einsum } from '../../kernels/einsum.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { conv3DBackpropFilter, conv3DBackpropInput } from './conv3d-backprop.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { dilation2D, dilation2DBackpropFilter, dilation2DBackpropInput } from './dilation2d.js';
import { cast, clipByValue } from './elementwise.js';
import { gather } from './gather.js';
import { identity } from './identity.js';
import { matMul } from './mat-mul.js';
import { maxPool3D, maxPool3DGrad, maxPoolGrad } from './max-pool.js';
import { slice } from './slice.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';
import { convolutions, withWideStride } from './wide-stride.js';

const missing = [
  conv2DBackpropFilter,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  einsum('wasm'),
  unsortedSegmentSum,
];

const wrong = [
  clipByValue,
  conv3DBackpropFilter,
  conv3DBackpropInput,
  dilation2D,
  dilation2DBackpropFilter,
  dilation2DBackpropInput,
  maxPool3D,
  maxPool3DGrad,
  maxPoolGrad,
];

let registered = false;

/** To be called once tfjs's own wasm kernels are registered. Later calls change nothing. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const kernel of missing) {
    // A user may have brought one along; tfjs would answer a second one with a warning.
    if (tf.getKernel(kernel.kernelName, 'wasm') == null) tf.registerKernel(kernel);
  }
  for (const kernel of wrong) replace(kernel.kernelName, () => kernel);
  for (const kernelName of convolutions) replace(kernelName, withWideStride);
  replace(tf.Cast, cast); // wrong for bool
  replace(tf.FusedBatchNorm, (original) => ({ ...original, kernelFunc: batchNorm(original.kernelFunc) }));
  replace(tf.GatherV2, gather); // wrong with batch dimensions
  for (const kernelName of [tf.BatchMatMul, tf._FusedMatMul]) replace(kernelName, matMul); // wrong once reshaped, and slow
  replace(tf.Conv2DBackpropInput, () => conv2DBackpropInput); // slow
  replace(tf.Identity, identity); // slow
  replace(tf.Slice, slice); // slow
}

function replace(kernelName: string, by: (original: tf.KernelConfig) => tf.KernelConfig): void {
  const original = tf.getKernel(kernelName, 'wasm');
  if (original == null) throw new Error(`the wasm backend of tfjs has no kernel ${kernelName}`);
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel(by(original));
}
