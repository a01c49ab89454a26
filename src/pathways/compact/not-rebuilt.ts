/** @file The error of a layer that cannot be made anew. */
import { HeadgateError } from '../../errors.js';
import type { tf } from '../../tf.js';

export function notRebuilt(old: tf.layers.Layer, received: string, cause?: unknown): HeadgateError {
  return new HeadgateError(
    {
      code: 'LAYER_NOT_REBUILT',
      path: old.name,
      problem: `the layer (${old.getClassName()}) could not be made again from its own configuration`,
      expected: 'a class whose `getConfig` gives what its constructor takes',
      received,
    },
    { cause },
  );
}
