/** @file Gradients that tfjs lacks, has wrong or writes as a loop, on every backend that takes them from its registry. */
import { tf } from '../tf.js';
import { elu, sigmoid, tanh } from './gradients/activations.js';
import { averagePool, averagePool3d } from './gradients/average-pool.js';
import { batchNorm } from './gradients/batch-norm.js';
import { summed } from './gradients/broadcast.js';
import { cropAndResize } from './gradients/crop-and-resize.js';
import { cumsum, product } from './gradients/cumulative.js';
import { dilated } from './gradients/dilation.js';
import { einsum } from './gradients/einsum.js';
import { flatGradients } from './gradients/flat.js';
import { gather, gatherNd, scatterNd } from './gradients/gather.js';
import { mirrorPad } from './gradients/mirror-pad.js';
import { select } from './gradients/select.js';
import { tile } from './gradients/tile.js';
import { conv3dTranspose } from './gradients/transposed-convolution.js';

const missing = [...flatGradients, conv3dTranspose, cropAndResize, einsum, gatherNd, scatterNd];

let registered = false;

/** Later calls change nothing. */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  for (const gradient of missing) if (tf.getGradient(gradient.kernelName) == null) tf.registerGradient(gradient);
  for (const gradient of [batchNorm, cumsum, elu, gather, mirrorPad, select, sigmoid, tanh, tile]) {
    replace(gradient.kernelName, () => gradient);
  }
  replace(tf.AvgPool, averagePool);
  replace(tf.AvgPool3D, averagePool3d);
  replace(tf.Prod, product);
  for (const name of [tf.Maximum, tf.Minimum, tf.SquaredDifference]) replace(name, summed);
  replace(tf.Conv2D, (original) =>
    dilated(original, { input: tf.Conv2DBackpropInput, filter: tf.Conv2DBackpropFilter }),
  );
  replace(tf.Conv3D, (original) =>
    dilated(original, { input: tf.Conv3DBackpropInputV2, filter: tf.Conv3DBackpropFilterV2 }),
  );
  replace(tf.DepthwiseConv2dNative, (original) =>
    dilated(original, {
      input: tf.DepthwiseConv2dNativeBackpropInput,
      filter: tf.DepthwiseConv2dNativeBackpropFilter,
    }),
  );
}

function replace(kernelName: string, by: (original: tf.GradConfig) => tf.GradConfig): void {
  const original = tf.getGradient(kernelName);
  if (original == null) throw new Error(`tfjs has no gradient of ${kernelName}`);
  tf.unregisterGradient(kernelName);
  tf.registerGradient(by(original));
}
