/** @file Walking a tfjs layer: itself and every layer inside it. */
import type { tf } from '../../tf.js';

type Layer = tf.layers.Layer;

/** Layers that hold others do so under these names: models, wrappers, bidirectional wrappers, recurrent layers. */
export const childFields = ['layers', 'layer', 'forwardLayer', 'backwardLayer', 'cell', 'cells'] as const;

/** The layer and everything inside it, each once, outermost first. */
export function layersWithin(layer: Layer): Layer[] {
  const found = new Set<Layer>();
  const visit = (current: Layer): void => {
    if (found.has(current)) return;
    found.add(current);
    for (const field of childFields) {
      const child: unknown = Reflect.get(current, field);
      for (const one of Array.isArray(child) ? child : [child]) if (isLayer(one)) visit(one);
    }
  };
  visit(layer);
  return [...found];
}

export function isLayer(value: unknown): value is Layer {
  return typeof value === 'object' && value !== null && 'getClassName' in value && 'trainableWeights' in value;
}

/**
 * Layers of Headgate say by this field that each row's result depends on that row alone; of tfjs's own it is known by
 * name, and of other layers it is not.
 */
export interface RowsApart {
  readonly treatsRowsApart: true;
}

export function saysRowsApart(layer: Layer): boolean {
  return Reflect.get(layer, 'treatsRowsApart') === true;
}
