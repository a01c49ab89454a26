/** @file Reads the attributes that tfjs-core hands to a convolution kernel. */
import { tf } from '../../../tf.js';

export type Shape4D = [number, number, number, number];
export type ConvolutionInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number] | null;
  readonly pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

/** Sizes, strides and padding of a 2-D convolution over `[batch, height, width, channels]`. */
export function convolutionInfo(
  attributes: tf.NamedAttrMap,
  { inputShape, filterShape, depthwise }: { inputShape: Shape4D; filterShape: Shape4D; depthwise: boolean },
): ConvolutionInfo {
  // tfjs-core's ops fill these in, and its attribute type is too wide to say so.
  const { strides, dilations, pad, dimRoundingMode } = attributes as unknown as ConvolutionAttributes;
  return tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations ?? 1,
    pad as Parameters<typeof tf.backend_util.computeConv2DInfo>[4], // its type leaves explicit padding out
    dimRoundingMode,
    depthwise,
  );
}

/** Whether the channels stand before height and width. */
export function channelsFirst(attributes: tf.NamedAttrMap): boolean {
  return attributes.dataFormat === 'NCHW';
}

/** A shape attribute, such as `filterShape`. */
export function shapeAttribute(attributes: tf.NamedAttrMap, name: string): Shape4D {
  return attributes[name] as Shape4D; // see above
}
