/** @file Batch normalisation in a frozen layer keeps its moving averages, and normalises by them also in training. */
import type { tf } from '../tf.js';
import { layersWithin } from './layers.js';

/**
 * As Keras does since 2.0; tfjs would update the averages of a frozen layer. The layers are changed for the length of
 * a call only: they may be a pretrained model's, which others use as tfjs wrote it.
 *
 * @returns runs a function with every batch normalisation at rest that is frozen, or held by a frozen layer, or of which
 *   the second function says so
 */
export function withFrozenAverages(
  layers: readonly tf.layers.Layer[],
): <T>(run: () => T, rests?: (layer: tf.layers.Layer) => boolean) => T {
  const holdersOf = new Map(
    layers
      .filter((layer) => layer.getClassName() === 'BatchNormalization')
      .map((layer) => [layer, layers.filter((candidate) => layersWithin(candidate).includes(layer))]),
  );
  return (run, rests = () => false) => {
    const restore: (() => void)[] = [];
    for (const [layer, holders] of holdersOf) {
      // Asked at each call: layers may be frozen and released between fits.
      if (holders.every((holder) => holder.trainable) && !rests(layer)) continue;
      const own = Object.getOwnPropertyDescriptor(layer, 'call');
      const { call } = layer;
      layer.call = (inputs, kwargs) => call.call(layer, inputs, { ...kwargs, training: false });
      restore.push(() => {
        if (own === undefined) Reflect.deleteProperty(layer, 'call');
        else Object.defineProperty(layer, 'call', own);
      });
    }
    try {
      return run();
    } finally {
      for (const undo of restore) undo();
    }
  };
}
