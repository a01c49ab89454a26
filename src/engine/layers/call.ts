/** @file What is replaced of a tfjs layer. */
import type { tf } from '../../tf.js';

/** `call` of a tfjs layer. */
export type Call = tf.layers.Layer['call'];

/** `computeOutputShape` of a tfjs layer. */
export type ShapeOf = tf.layers.Layer['computeOutputShape'];
