/**
 * @file Convolution layers whose call tfjs refuses or has wrong: conv2d with dilation is fused with its bias into an
 * operation whose gradient refuses dilation, conv1d has no causal padding, and separableConv2d with channels first adds
 * its bias along another axis than the channels.
 */
import { tf } from '../../tf.js';
import type { Call } from './call.js';

/** The fields of tfjs's classes that are read here. */
interface Convolution<Kernel extends tf.Tensor> {
  readonly kernel: { read(): Kernel };
  readonly bias?: { read(): tf.Tensor } | null;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  readonly kernelSize: readonly number[];
  readonly strides: readonly [number, number];
  readonly padding: 'valid' | 'same' | 'causal';
  readonly dilationRate: number | readonly number[];
  readonly dataFormat: 'channelsFirst' | 'channelsLast';
}

interface SeparableConvolution extends Convolution<tf.Tensor4D> {
  readonly depthwiseKernel: { read(): tf.Tensor4D };
  readonly pointwiseKernel: { read(): tf.Tensor4D };
}

function rates(dilationRate: number | readonly number[]): [number, number] {
  return typeof dilationRate === 'number'
    ? [dilationRate, dilationRate]
    : [dilationRate[0] ?? 1, dilationRate[1] ?? dilationRate[0] ?? 1];
}

function biased({ bias, activation }: Convolution<tf.Tensor>, convolved: tf.Tensor): tf.Tensor {
  const moved = bias ? convolved.add(bias.read()) : convolved;
  return activation === null ? moved : activation.apply(moved);
}

export function conv2d(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const layer = this as unknown as Convolution<tf.Tensor4D>; // registered for this class
    const dilations = rates(layer.dilationRate);
    const { padding, strides } = layer;
    if (dilations.every((rate) => rate === 1) || padding === 'causal') return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const given = [inputs].flat()[0] as tf.Tensor4D; // the layer takes one tensor
      const first = layer.dataFormat === 'channelsFirst';
      const x = first ? given.transpose<tf.Tensor4D>([0, 2, 3, 1]) : given;
      const y = biased(layer, tf.conv2d(x, layer.kernel.read(), [...strides], padding, 'NHWC', dilations));
      return first ? y.transpose([0, 3, 1, 2]) : y;
    });
  };
}

/** Causal: nothing is padded behind, so that no output sees a later input (van den Oord et al., WaveNet, 2016). */
export function conv1d(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const layer = this as unknown as Convolution<tf.Tensor3D>; // registered for this class
    if (layer.padding !== 'causal') return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const given = [inputs].flat()[0] as tf.Tensor3D; // the layer takes one tensor
      const first = layer.dataFormat === 'channelsFirst';
      const x = first ? given.transpose<tf.Tensor3D>([0, 2, 1]) : given;
      const [dilation] = rates(layer.dilationRate);
      const [size = 1] = layer.kernelSize;
      const padded = x.pad<tf.Tensor3D>([
        [0, 0],
        [(size - 1) * dilation, 0],
        [0, 0],
      ]);
      const y = biased(layer, tf.conv1d(padded, layer.kernel.read(), layer.strides[0], 'valid', 'NWC', dilation));
      return first ? y.transpose([0, 2, 1]) : y;
    });
  };
}

export function separableConv2d(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const layer = this as unknown as SeparableConvolution; // registered for this class
    const { dataFormat, padding, depthwiseKernel, pointwiseKernel, strides, dilationRate } = layer;
    if (dataFormat !== 'channelsFirst' || padding === 'causal') return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const x = ([inputs].flat()[0] as tf.Tensor4D).transpose<tf.Tensor4D>([0, 2, 3, 1]); // the layer takes one tensor
      const kernels = [depthwiseKernel.read(), pointwiseKernel.read()] as const;
      const y = tf.separableConv2d(x, ...kernels, [...strides], padding, rates(dilationRate), 'NHWC');
      return biased(layer, y).transpose([0, 3, 1, 2]);
    });
  };
}
