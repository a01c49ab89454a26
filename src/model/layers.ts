/** @file Walking a tfjs layers program: every layer, and which layers a symbolic tensor depends on. */

import { childFields, isLayer } from '../engine/layers/within.js';
import type { tf } from '../tf.js';

export { layersWithin } from '../engine/layers/within.js';

type Layer = tf.layers.Layer;

/** What a child is called within its holder; null for its own name. */
const PART_OF: Readonly<Record<(typeof childFields)[number], ((index: number) => string) | null>> = {
  layers: null,
  layer: null,
  forwardLayer: () => 'forward',
  backwardLayer: () => 'backward',
  cell: () => '',
  cells: (index) => `cell.${index + 1}`,
};

export interface Child {
  readonly layer: Layer;
  /** Its part of a path: '' for none, null for its own name. */
  readonly part: string | null;
}

/** The layers directly inside. */
export function childrenOf(layer: Layer): Child[] {
  return childFields.flatMap((field) => {
    const part = PART_OF[field];
    const held: unknown = Reflect.get(layer, field);
    return (Array.isArray(held) ? held : [held])
      .filter(isLayer)
      .map((child, index) => ({ layer: child, part: part === null ? null : part(index) }));
  });
}

/** A model: a graph of layers of its own. */
export function isContainer(layer: Layer): layer is tf.LayersModel {
  return 'layers' in layer && Array.isArray(layer.layers);
}

/** The layers that compute `tensor`, in no promised order. */
export function layersBehind(tensor: tf.SymbolicTensor): Set<Layer> {
  return new Set(layersInOrder([tensor]));
}

/**
 * The layers that compute these tensors, each after those that it reads. The order is that of the graph alone: it knows
 * neither depths nor when a layer was made, so a layer put into it moves no other.
 */
export function layersInOrder(tensors: readonly tf.SymbolicTensor[]): Layer[] {
  const order = new Set<Layer>();
  const entered = new Set<tf.SymbolicTensor>();
  const pending = [...tensors].reverse();
  for (let current = pending.at(-1); current !== undefined; current = pending.at(-1)) {
    if (entered.has(current)) {
      order.add(current.sourceLayer);
      pending.pop();
      continue;
    }
    entered.add(current);
    const { inputTensors: inputs } = nodeOf(current);
    pending.push(...inputs.filter((input) => !entered.has(input)).reverse());
  }
  return [...order];
}

/** The call of its layer that made this tensor: a shared layer was called several times. */
export function nodeOf(tensor: tf.SymbolicTensor): Layer['inboundNodes'][number] {
  const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
  if (node === undefined) throw new Error(`the tensor ${tensor.name} was not computed by a layer`);
  return node;
}
