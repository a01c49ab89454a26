/** @file Units that stay whatever their weights are, and why: what cannot be rebuilt smaller stays as it is. */
import { layersWithin } from '../../model/layers.js';
import type { UnitTrace } from '../../model/units/graph.js';
import type { tf } from '../../tf.js';
import { canResize } from './configuration.js';

type Layer = tf.layers.Layer;

/** By unit, why it stays; what is not here may go. */
export type Seeds = Map<number, string>;

export function fixedSeeds(trace: UnitTrace, layers: readonly Layer[]): Seeds {
  const seeds: Seeds = new Map();
  const stay = (units: Iterable<number>, because: string): void => {
    for (const unit of units) if (unit >= 0 && !seeds.has(unit)) seeds.set(unit, because);
  };
  for (const { units, fixed } of trace.graph.groups) if (fixed !== null) stay(units, fixed);
  const held = new Set(layers.filter((layer) => layer.getClassName() === 'Bidirectional').flatMap(within));
  for (const { layer, units } of trace.makers) {
    if (held.has(layer)) stay(units, 'both directions of a bidirectional layer have the same units');
    else if (!canResize(layer)) stay(units, `the layer ${layer.name} (${layer.getClassName()}) is not rebuilt smaller`);
  }
  const makers = new Map(trace.makers.map(({ layer, units }) => [layer, units]));
  const reshaped = new Map<Layer, number>();
  for (const { layer, inputs, outputs } of trace.calls) {
    const name = layer.getClassName();
    const cut = [...inputs, ...outputs].flatMap(({ units }) => [...units]);
    if (name === 'HeadgateUnitSlice') stay(cut, `the layer ${layer.name} cuts them by number`);
    if (name === 'DepthwiseConv2D') {
      const given = makers.get(layer)?.filter((_, i) => (inputs[0]?.units[i] ?? -1) < 0);
      stay(given ?? [], `the layer ${layer.name} (${name}) makes as many as it reads`);
    }
    if (name !== 'Reshape') continue;
    const calls = (reshaped.get(layer) ?? 0) + 1;
    reshaped.set(layer, calls);
    if (calls > 1) stay(cut, `the layer ${layer.name} (Reshape) is called in several places`);
  }
  return seeds;
}

const within = (layer: Layer): Layer[] => layersWithin(layer).filter((inner) => inner !== layer);
