/** @file How large a model is before and after: units, parameters, bytes, multiply-adds. */
import type { LayerVariable } from '../../model/binding.js';
import { isContainer } from '../../model/layers.js';
import type { UnitTrace } from '../../model/units/graph.js';
import type { tf } from '../../tf.js';
import { multiplyAdds } from './multiply-adds.js';
import type { Rebuilt } from './rebuild.js';
import type { BeforeAfter, LayerSizes, Sizes } from './report.js';
import { elementsOf } from './weights.js';

type Layer = tf.layers.Layer;

export interface Compacted {
  readonly trace: UnitTrace;
  readonly isGone: readonly boolean[];
  readonly paths: ReadonlyMap<Layer, string>;
}

export function sizesOf(
  model: tf.LayersModel,
  rebuilt: Rebuilt,
  { trace, isGone, paths }: Compacted,
): Sizes & { readonly layers: readonly LayerSizes[] } {
  const [before, after] = [multiplyAdds(model), multiplyAdds(rebuilt.model)];
  const timesOf = (layer: Layer): BeforeAfter => ({
    before: before.get(layer) ?? 0,
    after: after.get(rebuilt.layers.get(layer) ?? layer) ?? 0,
  });
  const layers = [...paths].flatMap(([layer, name]): LayerSizes[] => {
    const units = trace.makers.find((maker) => maker.layer === layer)?.units;
    const made = rebuilt.layers.get(layer);
    // What a wrapper at each position holds stands for itself.
    const isWrapper = isContainer(layer) || layer.getClassName() === 'TimeDistributed';
    if (made === undefined || isWrapper || layer.weights.length === 0) return [];
    return [
      {
        name,
        units: counted(units ?? [], isGone),
        ...weighed(layer.weights, made.weights),
        multiplyAdds: timesOf(layer),
      },
    ];
  });
  const total = (counts: ReadonlyMap<Layer, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
  return {
    layers,
    units: counted(Array.from(isGone.keys()), isGone),
    ...weighed(model.weights, rebuilt.model.weights),
    multiplyAdds: { before: total(before), after: total(after) },
  };
}

function counted(units: ArrayLike<number>, isGone: readonly boolean[]): BeforeAfter {
  const all = Array.from(units);
  return { before: all.length, after: all.filter((unit) => !isGone[unit]).length };
}

function weighed(
  before: readonly LayerVariable[],
  after: readonly LayerVariable[],
): Pick<Sizes, 'parameters' | 'bytes'> {
  const [old, made] = [elementsIn(before), elementsIn(after)];
  // All that tfjs keeps as weights is of 4 bytes.
  return { parameters: { before: old, after: made }, bytes: { before: 4 * old, after: 4 * made } };
}

const elementsIn = (variables: readonly LayerVariable[]): number =>
  [...new Set(variables)].reduce((sum, { shape }) => sum + elementsOf(shape.map(Number)), 0);
