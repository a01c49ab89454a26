/**
 * @file Kernels of XNNPACK with numbers that are not finite. It bounds every result by its least and its greatest, and to
 * the processor's instructions for that NaN is the bound: so NaN comes out as -Infinity, or as 0 behind a relu.
 */
import { tf } from '../../../tf.js';
import { hasNonFinite, type Numbers, unlessAny, type Wrap } from '../../kernels/arrays.js';
import { averagePlane } from '../../kernels/pool-windows.js';
import { convolutionInfo, type Shape4D } from './attributes.js';
import { heap } from './heap.js';
import { asVolume, forEachTap } from './taps.js';

/** A fused kernel whose bounded activations are kernels of their own. */
export const withoutBounds: Wrap = (original) => ({
  ...original,
  kernelFunc: (call) => {
    const activation = String(call.attrs?.activation);
    if (activation !== 'relu' && activation !== 'relu6') return original.kernelFunc(call);
    const linear = original.kernelFunc({ ...call, attrs: { ...call.attrs, activation: 'linear' } });
    return then(linear as tf.TensorInfo, (x) => tf[activation](x)); // a fused kernel has one output
  },
});

/** Goes on with what a kernel made. */
function then(info: tf.TensorInfo, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const x = tf.engine().makeTensorFromTensorInfo(info);
  try {
    return tf.tidy(() => f(x));
  } finally {
    x.dispose();
  }
}

/** `DepthwiseConv2dNative` and its fused form. */
export const depthwise: Wrap = unlessAny(heap, hasNonFinite, ['x', 'filter', 'bias'], (original) => ({
  ...original,
  kernelFunc: (call) => {
    const { x, filter } = call.inputs as { x: tf.TensorInfo; filter: tf.TensorInfo }; // the op's inputs
    const attributes = call.attrs ?? {};
    const shapes = { inputShape: x.shape as Shape4D, filterShape: filter.shape as Shape4D, depthwise: true };
    const info = convolutionInfo(attributes, shapes);
    const {
      info: made,
      output,
      inputs,
    } = heap.make(call.backend, {
      shape: info.outShape,
      dtype: 'float32',
      inputs: [x, filter],
    });
    const [pixels, weights] = inputs as [Numbers, Numbers]; // two
    const { inChannels, outChannels } = info;
    const multiplier = outChannels / inChannels;
    forEachTap(asVolume(info), (from, to, tap) => {
      for (let i = 0; i < outChannels; i++) {
        const pixel = pixels[from * inChannels + Math.floor(i / multiplier)] as number;
        const at = to * outChannels + i;
        output[at] = (output[at] as number) + pixel * (weights[tap * outChannels + i] as number);
      }
    });
    return finished(made, call.inputs, attributes);
  },
}));

/** What a fused kernel does after its product. */
function finished(product: tf.TensorInfo, inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap): tf.TensorInfo {
  const { bias, preluActivationWeights } = inputs as Record<string, tf.Tensor | undefined>; // kernels run on Tensors
  const activation = String(attributes.activation ?? 'linear');
  if (bias === undefined && activation === 'linear') return product;
  return then(product, (x) => activated(bias === undefined ? x.clone() : tf.add(x, bias), activation));

  function activated(x: tf.Tensor, name: string): tf.Tensor {
    switch (name) {
      case 'relu':
      case 'relu6':
      case 'sigmoid':
      case 'elu':
        return tf[name](x);
      case 'leakyrelu':
        return tf.leakyRelu(x, attributes.leakyreluAlpha as number); // the attribute that goes with it
      case 'prelu':
        if (preluActivationWeights !== undefined) return tf.prelu(x, preluActivationWeights);
    }
    return x;
  }
}

export const avgPool: Wrap = unlessAny(heap, hasNonFinite, ['x'], averagePlane(heap));
