/** @file Whether a layers program treats each row by itself: only then may a short batch be padded. */
import { saysRowsApart } from '../engine/layers/within.js';
import { tf } from '../tf.js';
import { layersWithin } from './layers.js';

/** The layers that tfjs itself brings; all but batch normalisation treat rows apart. */
const KNOWN = new Set(Object.keys(tf.serialization.SerializationMap.getMap().classNameMap));
const ROW_MIXING = new Set(['BatchNormalization']);

export interface RowMixing {
  /** Padding rows would reach the statistics of real ones in training. */
  readonly training: boolean;
  /** And in inference. */
  readonly inference: boolean;
}

/** A layer of the user's own may do anything with the batch axis, so it is taken to mix rows. */
export function rowMixing(root: tf.layers.Layer): RowMixing {
  const layers = layersWithin(root);
  const names = layers.map((layer) => layer.getClassName());
  const foreign = layers.some((layer) => !KNOWN.has(layer.getClassName()) && !saysRowsApart(layer));
  return { training: foreign || names.some((name) => ROW_MIXING.has(name)), inference: foreign };
}
