/** @file Registers the kernels that tfjs's wasm backend lacks, or has too slow, so that it trains every model. */
import { tf } from '../../../tf.js';
import { batchMatMul } from './batch-mat-mul.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { einsum } from './einsum.js';
import { maxPool3DGrad, maxPoolGrad } from './max-pool-grad.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

const missing = [conv2DBackpropFilter, depthwiseBackpropFilter, depthwiseBackpropInput, einsum, unsortedSegmentSum];

let registered = false;

/** To be called once tfjs's own wasm kernels are registered. Later calls change nothing. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const kernel of missing) {
    // A user may have brought one along; tfjs would answer a second one with a warning.
    if (tf.getKernel(kernel.kernelName, 'wasm') == null) tf.registerKernel(kernel);
  }
  replace(tf.BatchMatMul, batchMatMul);
  for (const kernel of [conv2DBackpropInput, maxPoolGrad, maxPool3DGrad]) replace(kernel.kernelName, () => kernel);
}

function replace(kernelName: string, by: (original: tf.KernelConfig) => tf.KernelConfig): void {
  const original = tf.getKernel(kernelName, 'wasm');
  if (original == null) throw new Error(`the wasm backend of tfjs has no kernel ${kernelName}`);
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel(by(original));
}
