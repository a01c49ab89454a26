/** @file Layers composed into one thing that is applied to symbolic tensors. */
import type { tf } from '../../tf.js';

export type Symbolic = tf.SymbolicTensor;

/** What is applied to symbolic tensors in a backbone, as layers are. */
export interface Composed<Inputs> {
  readonly apply: (inputs: Inputs) => tf.SymbolicTensor;
}

/** Values and the mask `[batch, length]` that says which of them are there: 0, or not 0. */
export type WithMask = readonly [values: tf.SymbolicTensor, mask: tf.SymbolicTensor];

/** Of symbolic inputs, one output. */
export const applied = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]): Symbolic => layer.apply(x) as Symbolic;
