/**
 * @file The gradient of CropAndResize with respect to the images, which tfjs lacks (`centerCrop` is made of it). Each
 * crop is R·image·Cᵀ, where the rows of R and C hold what an output line takes of each input line.
 */
import { tf } from '../../tf.js';

interface Attributes {
  readonly cropSize: readonly [number, number];
  readonly method: 'bilinear' | 'nearest';
}

export const cropAndResize: tf.GradConfig = {
  kernelName: tf.CropAndResize,
  inputsToSave: ['image', 'boxes', 'boxInd'],
  gradFunc: (slope, saved, attributes) => {
    const [image, boxes, owners] = saved as [tf.Tensor4D, tf.Tensor2D, tf.Tensor1D]; // inputsToSave
    const { cropSize, method } = attributes as unknown as Attributes; // the op's attributes
    const [batch, height, width, channels] = image.shape;
    const [crops] = boxes.shape;
    const [top, left, bottom, right] = boxes.split(4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    return {
      image: () => {
        const rows = shares(top, bottom, cropSize[0], height, method); // [crops, cropHeight, height]
        const columns = shares(left, right, cropSize[1], width, method);
        const lines = (slope as tf.Tensor).reshape([crops, cropSize[0], cropSize[1] * channels]);
        const tall = tf
          .matMul(rows, lines, true)
          .reshape([crops, height, cropSize[1], channels])
          .transpose([0, 2, 1, 3])
          .reshape([crops, cropSize[1], height * channels]);
        const whole = tf.matMul(columns, tall, true).reshape([crops, width, height, channels]).transpose([0, 2, 1, 3]);
        return tf.unsortedSegmentSum(whole, owners.toInt(), batch);
      },
      // tfjs has no gradient of where a box lies, and layers take boxes as constants.
      boxes: () => tf.zerosLike(boxes),
      boxInd: () => tf.zerosLike(owners),
    };
  },
};

/** `[crops, outputs, inputs]`: lines outside the image take nothing of it. */
function shares(
  first: tf.Tensor,
  last: tf.Tensor,
  outputs: number,
  inputs: number,
  method: Attributes['method'],
): tf.Tensor {
  const reach = inputs - 1;
  const at =
    outputs > 1
      ? first.mul(reach).add(tf.range(0, outputs).mul(last.sub(first).mul(reach / (outputs - 1))))
      : first.add(last).mul(0.5 * reach);
  const place = at.reshape([-1, outputs, 1]);
  const inside = tf.logicalAnd(place.greaterEqual(0), place.lessEqual(reach)).toFloat();
  const lines = tf.range(0, inputs);
  // Half a step up, as JavaScript rounds (and so the kernels).
  const share =
    method === 'nearest' ? place.add(0.5).floor().equal(lines).toFloat() : tf.relu(tf.sub(1, place.sub(lines).abs()));
  return share.mul(inside);
}
