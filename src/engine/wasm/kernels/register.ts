/** @file Registers the kernels that tfjs's wasm backend lacks, or has wrong or too slow, so that it trains every model. */
import { tf } from '../../../tf.js';
import { binary, unary, unlessAny, type Wrap } from '../../kernels/arrays.js';
import { batchNorm } from '../../kernels/batch-norm.js';
import { einsum } from '../../kernels/einsum.js';
import { reductionNames } from '../../kernels/empty-axis.js';
import * as functions from '../../kernels/functions.js';
import { indexRules } from '../../kernels/indices.js';
import { planePool, poolingNaN } from '../../kernels/pool-windows.js';
import { answeringNothing, rankingNaN, refusingNothing, refusingOutside } from '../../kernels/refusals.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { conv3DBackpropFilter, conv3DBackpropInput } from './conv3d-backprop.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { dilation2D, dilation2DBackpropFilter, dilation2DBackpropInput } from './dilation2d.js';
import { cast, clipByValue } from './elementwise.js';
import { gather } from './gather.js';
import { heap } from './heap.js';
import { identity } from './identity.js';
import { matMul } from './mat-mul.js';
import { maxPool3D, maxPool3DGrad, maxPoolGrad } from './max-pool.js';
import { avgPool, convolution, depthwise, product, withoutBounds } from './non-finite.js';
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

/** Wrong for some numbers: coarse, NaN lost, or lost by where it stands. */
const numeric: readonly (readonly [string, Wrap])[] = [
  [tf.Cos, unary(heap, Math.cos)],
  [tf.Log1p, unary(heap, Math.log1p)],
  [tf.Selu, unary(heap, functions.selu)],
  [tf.Sign, unary(heap, functions.sign)],
  [tf.Sin, unary(heap, Math.sin)],
  [tf.Mod, binary(heap, functions.floorMod)],
  [tf.FloorDiv, binary(heap, (a, b) => Math.floor(a / b), { dtype: 'int32' })],
  [tf.Maximum, unlessAny(heap, 'NaN', ['a', 'b'], binary(heap, functions.maximum))],
  [tf.Minimum, unlessAny(heap, 'NaN', ['a', 'b'], binary(heap, functions.minimum))],
  [
    tf.Prelu,
    unlessAny(heap, 'non-finite', ['x', 'alpha'], binary(heap, functions.prelu, { operands: ['x', 'alpha'] })),
  ],
  [tf.Relu, unlessAny(heap, 'NaN', ['x'], unary(heap, functions.relu))],
  [tf.Relu6, unlessAny(heap, 'NaN', ['x'], unary(heap, functions.relu6))],
  [tf.AvgPool, avgPool],
  [tf.MaxPool, unlessAny(heap, 'NaN', ['x'], poolingNaN(heap, planePool))],
  [tf.GatherV2, gather],
  [tf.TopK, unlessAny(heap, 'non-finite', ['x'], rankingNaN(heap))],
  [tf.DepthwiseConv2dNative, depthwise],
  [tf.FusedDepthwiseConv2D, depthwise],
  [tf.Conv2D, convolution],
  [tf.FusedConv2D, withoutBounds],
  [tf.FusedConv2D, convolution],
  [tf.BatchMatMul, product],
  [tf._FusedMatMul, withoutBounds],
  [tf._FusedMatMul, product],
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
  for (const [kernelName, wrap] of numeric) replace(kernelName, wrap);
  for (const kernelName of reductionNames) replace(kernelName, answeringNothing(heap)); // read what memory held
  for (const kernelName of [tf.ArgMax, tf.ArgMin]) replace(kernelName, refusingNothing);
  for (const kernelName of indexRules.keys()) {
    if (tf.getKernel(kernelName, 'wasm') != null) replace(kernelName, refusingOutside(heap)); // wrote outside
  }
  for (const kernelName of convolutions) replace(kernelName, withWideStride);
  replace(tf.Cast, cast); // wrong for bool
  replace(tf.FusedBatchNorm, (original) => ({ ...original, kernelFunc: batchNorm(original.kernelFunc) }));
  for (const kernelName of [tf.BatchMatMul, tf._FusedMatMul]) replace(kernelName, matMul); // wrong once reshaped, and slow
  replace(tf.Conv2DBackpropInput, () => conv2DBackpropInput); // slow
  replace(tf.Identity, identity); // slow
  replace(tf.Slice, slice); // slow
}

function replace(kernelName: string, by: Wrap): void {
  const original = tf.getKernel(kernelName, 'wasm');
  if (original == null) throw new Error(`the wasm backend of tfjs has no kernel ${kernelName}`);
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel(by(original));
}
