/** @file The network's named parameters, and which tasks own each. */
import type { HostTensor, HostTensors } from '../engine/engine.js';
import type { tf } from '../tf.js';
import type { LayerVariable } from './binding.js';
import { layersWithin } from './layers.js';

/** Which tasks own a parameter (rule 5: it rests when none of its owners has a counted label in the batch). */
export type Ownership =
  /** Every element is owned by the same tasks (indices in flow order). */
  | { readonly by: 'tasks'; readonly tasks: readonly number[] }
  /** Columns of a fused head: `columns[j]` is the task that owns the last axis's element j. */
  | { readonly by: 'column'; readonly columns: readonly number[] };

export interface Parameter {
  /** Stable across processes: `backbone/02.conv2d/0.kernel`, `head/features/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** False for frozen layers, moving averages, and parameters that no task reads. */
  readonly trainable: boolean;
  readonly part: 'backbone' | 'head';
  readonly owners: Ownership;
  readonly variable: LayerVariable;
  /** The layer's constraint (max-norm, non-negative, …), applied after each update; null for none. */
  readonly constraint: ((value: tf.Tensor) => tf.Tensor) | null;
}

/** A layer's variables with names that do not depend on tfjs's global counters. */
export function namedVariables(layer: tf.layers.Layer, prefix: string): { name: string; variable: LayerVariable }[] {
  return layer.weights.map((variable, i) => {
    const last = variable.originalName.split('/').at(-1) ?? 'weight';
    return { name: `${prefix}.${layer.getClassName().toLowerCase()}/${i}.${last}`, variable };
  });
}

/** True for the variables that a frozen layer, at any depth, or the layer's own kind keeps out of training. */
export function trainableVariables(root: tf.layers.Layer): Set<unknown> {
  const found = new Set<unknown>();
  for (const layer of layersWithin(root)) for (const weight of layer.trainableWeights) found.add(weight);
  for (const layer of layersWithin(root))
    if (!layer.trainable) for (const weight of layer.weights) found.delete(weight);
  return found;
}

/** The parameters' current values, copied to the host. */
export function readParameters(parameters: readonly Parameter[]): HostTensors {
  const values: Record<string, HostTensor> = {};
  for (const { name, variable } of parameters) {
    const tensor = variable.read();
    values[name] = { shape: tensor.shape, dtype: 'float32', data: Float32Array.from(tensor.dataSync<'float32'>()) };
  }
  return values;
}
