/**
 * @file Kernels of XNNPACK with numbers that are not finite. It bounds every result by its least and its greatest, and to
 * the processor's instructions for that NaN is the bound: so NaN comes out as -Infinity, or as 0 behind a relu.
 */
import { tf } from '../../../tf.js';
import { type Numbers, places, unlessAny, type Wrap } from '../../kernels/arrays.js';
import { averagePlane } from '../../kernels/pool-windows.js';
import { type ConvolutionInfo, convolutionInfo, type Shape4D } from './attributes.js';
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

/** `Conv2D` and its fused form: every channel of a pixel meets every filter. */
export const convolution: Wrap = byTaps(false, (pixels, weights, output, { inChannels, outChannels }) => {
  return (from, to, tap) => {
    for (let channel = 0; channel < inChannels; channel++) {
      const pixel = pixels[from * inChannels + channel] as number;
      const row = (tap * inChannels + channel) * outChannels;
      for (let i = 0; i < outChannels; i++) {
        const at = to * outChannels + i;
        output[at] = (output[at] as number) + pixel * (weights[row + i] as number);
      }
    }
  };
});

/** `DepthwiseConv2dNative` and its fused form: every channel of a pixel has filters of its own. */
export const depthwise: Wrap = byTaps(true, (pixels, weights, output, { inChannels, outChannels }) => {
  const multiplier = outChannels / inChannels;
  return (from, to, tap) => {
    for (let i = 0; i < outChannels; i++) {
      const pixel = pixels[from * inChannels + Math.floor(i / multiplier)] as number;
      const at = to * outChannels + i;
      output[at] = (output[at] as number) + pixel * (weights[tap * outChannels + i] as number);
    }
  };
});

type Visit = (from: number, to: number, tap: number) => void;

function byTaps(
  isDepthwise: boolean,
  visitor: (pixels: Numbers, weights: Numbers, output: Numbers, info: ConvolutionInfo) => Visit,
): Wrap {
  return unlessAny(heap, 'non-finite', ['x', 'filter', 'bias'], (original) => ({
    ...original,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { x, filter } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo }; // the op's inputs
      const attributes = attrs ?? {};
      const info = convolutionInfo(attributes, {
        inputShape: x.shape as Shape4D,
        filterShape: filter.shape as Shape4D,
        depthwise: isDepthwise,
      });
      const made = heap.make(backend, { shape: info.outShape, dtype: 'float32', inputs: [x, filter] });
      const [pixels, weights] = made.inputs as [Numbers, Numbers]; // two
      forEachTap(asVolume(info), visitor(pixels, weights, made.output, info));
      return finished(made.info, inputs, attributes);
    },
  }));
}

/** `BatchMatMul` and its fused form. */
export const product: Wrap = unlessAny(heap, 'non-finite', ['a', 'b', 'bias'], (original) => ({
  ...original,
  kernelFunc: ({ inputs, backend, attrs }) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo }; // the op's inputs
    const [turnA, turnB] = [attrs?.transposeA === true, attrs?.transposeB === true];
    const [rows, inner] = sides(a, turnA);
    const [, columns] = sides(b, turnB);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const made = heap.make(backend, { shape: [...batch, rows, columns], dtype: 'float32', inputs: [a, b] });
    const [left, right] = made.inputs as [Numbers, Numbers]; // two
    const [atLeft, atRight] = [places(a.shape.slice(0, -2), batch), places(b.shape.slice(0, -2), batch)];
    for (let i = 0; i < made.output.length; i++) {
      const [column, row, stack] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (rows * columns))];
      const [base, other] = [atLeft(stack) * rows * inner, atRight(stack) * inner * columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const x = left[base + (turnA ? k * rows + row : row * inner + k)] as number;
        sum += x * (right[other + (turnB ? column * inner + k : k * columns + column)] as number);
      }
      made.output[i] = sum;
    }
    return finished(made.info, inputs, attrs ?? {});
  },
}));

/** Rows and columns of a matrix, as it is read. */
function sides({ shape }: tf.TensorInfo, isTurned: boolean): readonly [number, number] {
  const [height, width] = shape.slice(-2) as [number, number]; // of rank 2 or more
  return isTurned ? [width, height] : [height, width];
}

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

export const avgPool: Wrap = unlessAny(heap, 'non-finite', ['x'], averagePlane(heap));
