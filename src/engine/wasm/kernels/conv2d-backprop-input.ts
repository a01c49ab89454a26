/**
 * @file Gradient of a convolution with respect to its input, as a forward convolution of dy with the turned filter.
 * Replaces tfjs's own wasm kernel, a scalar loop that takes ten times as long as the forward convolution.
 */
import { tf } from '../../../tf.js';
import { channelsFirst, convolutionInfo, type Shape4D, shapeAttribute } from './attributes.js';
import { composite } from './composite.js';

export const conv2DBackpropInput: tf.KernelConfig = composite<'dy' | 'filter'>(
  tf.Conv2DBackpropInput,
  ({ dy, filter }, attributes) => {
    const shape = shapeAttribute(attributes, 'inputShape');
    const first = channelsFirst(attributes);
    const inputShape: Shape4D = first ? [shape[0], shape[2], shape[3], shape[1]] : shape;
    const info = convolutionInfo(attributes, { inputShape, filterShape: filter.shape as Shape4D, depthwise: false });
    const last = first ? dy.transpose([0, 2, 3, 1]) : dy;
    // A transposed convolution may ask for less than dy's size allows: what is over has no part.
    const whole = last.shape[1] === info.outHeight && last.shape[2] === info.outWidth;
    const used = whole ? last : last.slice([0, 0, 0, 0], [-1, info.outHeight, info.outWidth, -1]);
    const spread = spreadOut(used as tf.Tensor4D, info.strideHeight, info.strideWidth);

    const top = info.filterHeight - 1 - info.padInfo.top;
    const left = info.filterWidth - 1 - info.padInfo.left;
    const bottom = info.inHeight + info.filterHeight - 1 - top - spread.shape[1];
    const right = info.inWidth + info.filterWidth - 1 - left - spread.shape[2];
    const padded = padOrCrop(spread, [top, bottom], [left, right]);
    const turned = filter.reverse([0, 1]).transpose<tf.Tensor4D>([0, 1, 3, 2]);
    const dx = tf.conv2d(padded, turned, 1, 'valid');
    return first ? dx.transpose([0, 3, 1, 2]) : dx;
  },
);

/** Puts `stride - 1` zeros between the rows and columns, so that a stride becomes a part of the tensor. */
function spreadOut(x: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const none: [number, number] = [0, 0];
  const columns = x
    .reshape<tf.Tensor4D>([batch * height, width, 1, channels])
    .pad([none, none, [0, strideWidth - 1], none]);
  const rows = columns
    .reshape<tf.Tensor4D>([batch, height, 1, width * strideWidth * channels])
    .pad([none, none, [0, strideHeight - 1], none]);
  return rows
    .reshape<tf.Tensor4D>([batch, height * strideHeight, width * strideWidth, channels])
    .slice([0, 0, 0, 0], [batch, (height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1, channels]);
}

type Edges = readonly [before: number, after: number];

/** Negative edges crop: the convolution had more padding than its filter could reach over. */
function padOrCrop(x: tf.Tensor4D, rows: Edges, columns: Edges): tf.Tensor4D {
  const grown = ([before, after]: Edges): [number, number] => [Math.max(0, before), Math.max(0, after)];
  const padded = x.pad<tf.Tensor4D>([[0, 0], grown(rows), grown(columns), [0, 0]]);
  if (Math.min(...rows, ...columns) >= 0) return padded;
  const [batch, height, width, channels] = padded.shape;
  const cut = (edge: number): number => Math.max(0, -edge);
  return padded.slice(
    [0, cut(rows[0]), cut(columns[0]), 0],
    [batch, height - cut(rows[0]) - cut(rows[1]), width - cut(columns[0]) - cut(columns[1]), channels],
  );
}
