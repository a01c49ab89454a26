/** @file Walking a tfjs layers program: every layer, and which layers a symbolic tensor depends on. */
import type { tf } from '../tf.js';

export { layersWithin } from '../engine/layers/within.js';

type Layer = tf.layers.Layer;

/** The layers that compute `tensor`, in no promised order. */
export function layersBehind(tensor: tf.SymbolicTensor): Set<Layer> {
  const found = new Set<Layer>();
  const seen = new Set<tf.SymbolicTensor>();
  const pending = [tensor];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    if (seen.has(current)) continue;
    seen.add(current);
    found.add(current.sourceLayer);
    // `nodeIndex` says which call of a shared layer made this tensor.
    pending.push(...(current.sourceLayer.inboundNodes[current.nodeIndex]?.inputTensors ?? []));
  }
  return found;
}
