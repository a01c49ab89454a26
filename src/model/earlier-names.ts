/** @file What version 0.1.0 called the backbone's parameters, so that its files can still be read. */
import type { tf } from '../tf.js';
import type { LayerVariable } from './binding.js';
import type { HeldTensor } from './tensors.js';

/**
 * 0.1.0 named by place: `backbone/<place of the layer in the trunk>.<class>/<place in the layer>.<last name>`, nested
 * layers by their place among the weights of the outermost.
 *
 * @returns earlier name -> name now; a layer that stands in two places had two
 */
export function earlierNames(trunk: tf.LayersModel, tensors: readonly HeldTensor[]): ReadonlyMap<string, string> {
  const nameOf = new Map(tensors.map(({ variable, name }) => [variable, name]));
  const names = new Map<string, string>();
  trunk.layers.forEach((layer, index) => {
    const prefix = `backbone/${String(index).padStart(2, '0')}.${layer.getClassName().toLowerCase()}`;
    layer.weights.forEach((variable: LayerVariable, i) => {
      const name = nameOf.get(variable);
      const last = variable.originalName.split('/').at(-1) ?? 'weight';
      if (name !== undefined) names.set(`${prefix}/${i}.${last}`, name);
    });
  });
  return names;
}
