/** @file Walking a tfjs layers program: every layer, and which layers a symbolic tensor depends on. */
import type { tf } from '../tf.js';

type Layer = tf.layers.Layer;

/** Layers that hold others do so under these names: models, wrappers, bidirectional wrappers, recurrent layers. */
const CHILD_FIELDS = ['layers', 'layer', 'forwardLayer', 'backwardLayer', 'cell', 'cells'] as const;

/** The layer and everything inside it, each once, outermost first. */
export function layersWithin(layer: Layer): Layer[] {
  const found = new Set<Layer>();
  const visit = (current: Layer): void => {
    if (found.has(current)) return;
    found.add(current);
    for (const field of CHILD_FIELDS) {
      const child: unknown = Reflect.get(current, field);
      for (const one of Array.isArray(child) ? child : [child]) if (isLayer(one)) visit(one);
    }
  };
  visit(layer);
  return [...found];
}

function isLayer(value: unknown): value is Layer {
  return typeof value === 'object' && value !== null && 'getClassName' in value && 'trainableWeights' in value;
}

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
