/** @file Gradient of a convolution with respect to its filter: columns of the input (im2col) times dy, one product. */
import type { tf as Tf } from '../../../tf.js';
import { tf } from '../../../tf.js';
import { type ConvolutionInfo, channelsFirst, convolutionInfo, type Shape4D, shapeAttribute } from './attributes.js';
import { composite } from './composite.js';

/** Floats that the columns may take at a time: 32 MB. */
const COLUMN_LIMIT = 2 ** 23;

export const conv2DBackpropFilter: Tf.KernelConfig = composite<'x' | 'dy'>(
  tf.Conv2DBackpropFilter,
  (inputs, attributes) => {
    const first = channelsFirst(attributes);
    const x = first ? inputs.x.transpose([0, 2, 3, 1]) : inputs.x;
    const dy = first ? inputs.dy.transpose([0, 2, 3, 1]) : inputs.dy;
    const info = convolutionInfo(attributes, {
      inputShape: x.shape as Shape4D, // the op asserts rank 4
      filterShape: shapeAttribute(attributes, 'filterShape'),
      depthwise: false,
    });
    const columnsOfOneImage = info.filterHeight * info.filterWidth * info.inChannels * info.outHeight * info.outWidth;
    const images = Math.max(1, Math.floor(COLUMN_LIMIT / columnsOfOneImage));
    let sum: tf.Tensor | undefined;
    for (let start = 0; start < info.batchSize; start += images) {
      const count = Math.min(images, info.batchSize - start);
      const part = tf.tidy(() => {
        const columns = transposedColumns(imagesOf(x, start, count), info);
        return columns.matMul(imagesOf(dy, start, count).reshape([-1, info.outChannels]));
      });
      sum = sum === undefined ? part : sum.add(part);
    }
    return (sum ?? tf.zeros(info.filterShape)).reshape(info.filterShape);
  },
);

function imagesOf(x: tf.Tensor, start: number, count: number): tf.Tensor {
  return count === x.shape[0] ? x : x.slice([start], [count]);
}

/**
 * `[filterHeight·filterWidth·channels, batch·outHeight·outWidth]`: what each filter tap sees. Channels come first in
 * memory, since wasm copies long rows and multiplies untransposed matrices far faster.
 */
function transposedColumns(x: tf.Tensor, info: ConvolutionInfo): tf.Tensor2D {
  const { strideHeight, strideWidth, filterHeight, filterWidth, outHeight, outWidth, inChannels, padInfo } = info;
  const batch = x.shape[0] as number;
  const spanHeight = (outHeight - 1) * strideHeight + 1;
  const spanWidth = (outWidth - 1) * strideWidth + 1;
  const bottom = Math.max(0, spanHeight + filterHeight - 1 - info.inHeight - padInfo.top);
  const right = Math.max(0, spanWidth + filterWidth - 1 - info.inWidth - padInfo.left);
  const padded = x.transpose<tf.Tensor4D>([3, 0, 1, 2]).pad([
    [0, 0],
    [0, 0],
    [padInfo.top, bottom],
    [padInfo.left, right],
  ]);
  const taps: tf.Tensor[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const seen = padded.slice([0, 0, row, column], [inChannels, batch, spanHeight, spanWidth]);
      const kept = strideHeight === 1 && strideWidth === 1 ? seen : everyNth(seen, strideHeight, strideWidth);
      taps.push(kept.reshape([inChannels, batch * outHeight * outWidth]));
    }
  }
  return taps.length === 1 ? (taps[0] as tf.Tensor2D) : (tf.concat(taps, 0) as tf.Tensor2D);
}

function everyNth(x: tf.Tensor, rows: number, columns: number): tf.Tensor {
  return x.stridedSlice([0, 0, 0, 0], x.shape, [1, 1, rows, columns]);
}
