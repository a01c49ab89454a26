/** @file Masks as a user gives them. */
import { HeadgateError, show } from '../../errors.js';
import { tf } from '../../tf.js';
import { shapeText } from './layer-config.js';

/** 0 and 1: a tensor or nested arrays of the weight's shape, or as many values in a typed array, row after row. */
export type MaskLike = tf.Tensor | tf.TensorLike;

/**
 * float32, of the weight's shape.
 *
 * @param path `dense.kernel_mask`, for messages
 * @throws HeadgateError `INVALID_MASK` for another shape, or values other than 0 and 1
 */
export function maskOf(given: MaskLike, shape: readonly number[], path: string): tf.Tensor {
  return tf.tidy(() => {
    const mask = tensorOf(given, path);
    const size = shape.reduce((product, length) => product * length, 1);
    const isFlat = ArrayBuffer.isView(given) && mask.size === size;
    if (!isFlat && String(mask.shape) !== String(shape)) {
      throw invalidMask(path, 'the mask has not the shape of its weight', shapeText(shape), shapeText(mask.shape));
    }
    const values = mask.dataSync();
    if (values.length !== size) throw invalidMask(path, 'its rows differ in length', shapeText(shape), show(given));
    const wrong = values.findIndex((value) => value !== 0 && value !== 1);
    if (wrong >= 0) {
      throw invalidMask(path, 'a mask keeps a value or drops it', '0 or 1', `${values[wrong]} at place ${wrong}`);
    }
    return mask.reshape([...shape]);
  });
}

function tensorOf(given: MaskLike, path: string): tf.Tensor {
  if (given instanceof tf.Tensor) return given.cast('float32');
  try {
    const values: unknown = ArrayBuffer.isView(given) ? Float32Array.from(given as Iterable<number>) : given; // of numbers
    return tf.tensor(values as tf.TensorLike).cast('float32'); // tfjs checks it
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'INVALID_MASK',
        path,
        problem: 'it is no tensor',
        expected: 'a tensor of 0 and 1',
        received: show(given),
      },
      { cause },
    );
  }
}

export function invalidMask(path: string, problem: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_MASK', path, problem, expected, received, mend: 'No mask was changed.' });
}
