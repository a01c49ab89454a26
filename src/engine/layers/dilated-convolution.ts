/** @file conv2d with dilation: tfjs fuses it with its bias into an operation whose gradient refuses dilation. */
import { tf } from '../../tf.js';
import type { Call } from './call.js';

/** The fields of tfjs's class that are read here. */
interface Conv2D {
  readonly kernel: { read(): tf.Tensor4D };
  readonly bias: { read(): tf.Tensor } | null;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilationRate: number | [number, number];
  readonly dataFormat: 'channelsFirst' | 'channelsLast';
}

export function dilatedConv2d(original: Call): Call {
  return function call(this: tf.layers.Layer, inputs, kwargs) {
    const layer = this as unknown as Conv2D; // registered for this class
    if ([layer.dilationRate].flat().every((rate) => rate === 1)) return original.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const given = [inputs].flat()[0] as tf.Tensor4D; // the layer takes one tensor
      const first = layer.dataFormat === 'channelsFirst';
      const x = first ? given.transpose<tf.Tensor4D>([0, 2, 3, 1]) : given;
      const { strides, padding, dilationRate } = layer;
      const convolved = tf.conv2d(x, layer.kernel.read(), strides, padding, 'NHWC', dilationRate);
      const biased = layer.bias === null ? convolved : convolved.add(layer.bias.read());
      const activated = layer.activation === null ? biased : layer.activation.apply(biased);
      return first ? activated.transpose([0, 3, 1, 2]) : activated;
    });
  };
}
