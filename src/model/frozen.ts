/** @file Batch normalisation in a frozen layer keeps its moving averages, and normalises by them also in training. */
import type { tf } from '../tf.js';
import { layersWithin } from './layers.js';

/** By batch normalisation layer: itself and the layers that hold it. Frozen is what any of them is. */
const holders = new WeakMap<tf.layers.Layer, readonly tf.layers.Layer[]>();

/** As Keras does since 2.0; tfjs would update the averages of a frozen layer. Wrapping a layer twice is harmless. */
export function restFrozenAverages(root: tf.layers.Layer): void {
  const layers = layersWithin(root);
  for (const layer of layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    const known = holders.has(layer);
    holders.set(
      layer,
      layers.filter((candidate) => layersWithin(candidate).includes(layer)),
    );
    if (known) continue;
    const original = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const frozen = holders.get(layer)?.some((holder) => !holder.trainable) ?? false;
      return original(inputs, frozen ? { ...kwargs, training: false } : kwargs);
    };
  }
}
