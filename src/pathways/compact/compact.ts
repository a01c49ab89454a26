/** @file Compaction: a really smaller model, without the units that nothing needs. */
import { onBackend } from '../../engine/backend.js';
import { registerLayers } from '../../engine/layers/register.js';
import type { LayerVariable } from '../../model/binding.js';
import { layerPaths } from '../../model/layer-names.js';
import { isContainer, layersWithin } from '../../model/layers.js';
import { traceUnits, type UnitTrace } from '../../model/units/graph.js';
import { invalidOption } from '../../options.js';
import { tf } from '../../tf.js';
import { type Choice, deadUnits, unwantedUnits } from './choice.js';
import { type Constants, findConstants, type Instead } from './constants.js';
import { foldsOf } from './fold.js';
import type { MovedWeight } from './move-weights.js';
import { notRebuilt } from './not-rebuilt.js';
import { type CompactOptions, type KeepUnits, type ReadOptions, readCompactOptions } from './options.js';
import { drawProbes } from './probes.js';
import { rebuild } from './rebuild.js';
import { type CompactReport, compactReport } from './report.js';
import { fixedSeeds } from './seeds.js';
import { sizesOf } from './sizes.js';
import { differenceOf, requireEqual } from './verify.js';

type Layer = tf.layers.Layer;

/** What is left of one output. */
export interface CompactOutput {
  /** Old channels that are left, in order: the new output's channels. */
  readonly left: Int32Array;
  /** Old channels that are gone. */
  readonly gone: Int32Array;
  /** What each channel that is gone always was (or was on average), for whoever read it. */
  readonly values: Float32Array;
}

export interface CompactResult {
  /** New layers throughout; it shares nothing with the model that was given. */
  readonly model: tf.LayersModel;
  readonly report: CompactReport;
  /** Units that went, by their numbers in the unit graph of the model's outputs. */
  readonly removed: Int32Array;
  /** By parameter of the new model, the one that it is a part of: what `moves` names was gathered, and biases have folds. */
  readonly moves: ReadonlyMap<LayerVariable, MovedWeight>;
  /** By output, in order. */
  readonly outputs: readonly CompactOutput[];
}

/** The outputs of a model as the features of a unit graph: by their places, `0`, `1`, …. */
export function outputsByPlace(model: tf.LayersModel): Readonly<Record<string, tf.SymbolicTensor>> {
  return Object.fromEntries(model.outputs.map((tensor, i) => [String(i), tensor]));
}

/**
 * Builds a smaller model that computes the same. A unit is dead when no weight leads from it to an output, or when no
 * weight leads to it from an input: then it is the same for every input, and what it adds to what reads it goes into
 * their biases, through the activations, normalisations and pooling layers between, as these layers themselves compute
 * it. What cannot be removed stays, and `report.kept` says why. The model that was given is not changed.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; `LAYER_NOT_REBUILT` for a layer whose class does not make it again from its
 *   configuration; `COMPACTION_DIFFERS` when the outputs on the probes differ by more than the tolerance
 * @example
 * const { model, report } = compact(masked);
 * report.print();
 */
export function compact(model: tf.LayersModel, options: CompactOptions = {}): CompactResult {
  const read = readCompactOptions(options, model);
  const stateful = layersWithin(model).find((layer) => !isContainer(layer) && Reflect.get(layer, 'stateful') === true);
  if (stateful !== undefined) throw notRebuilt(stateful, 'it keeps its state from one batch to the next');
  registerLayers();
  return onBackend('cpu', () => {
    const probes = read.probes ?? drawProbes(model, read.seed);
    try {
      return compacted(model, probes, read);
    } finally {
      if (read.probes === null) tf.dispose([...probes]);
    }
  });
}

function compacted(model: tf.LayersModel, probes: readonly tf.Tensor[], options: ReadOptions): CompactResult {
  const trace = traceUnits(outputsByPlace(model));
  const paths = layerPaths(model.outputs);
  const { units } = options;
  const instead = units === 'dead' ? () => null : givenMeans(trace, paths, units);
  const constants = findConstants(model, probes, instead);
  const { isGone, kept } = chosen(model, trace, constants, options);
  const folds = foldsOf(trace.graph, constants.readings, isGone, units === 'dead' ? 'constants' : 'means');
  const rebuilt = rebuild(model, { trace, isGone, folds });
  const outputs = trace.graph.features;
  const left = model.outputs.map((_, i) => outputOf(outputs[String(i)] ?? new Int32Array(), constants, i, isGone));
  try {
    const difference = differenceOf(
      model,
      rebuilt.model,
      probes,
      left.map((output) => output.left),
    );
    if (units === 'dead') requireEqual(difference, options.tolerance, model);
    const sizes = sizesOf(model, rebuilt, { trace, isGone, paths });
    const removed = Int32Array.from([...isGone.keys()].filter((unit) => isGone[unit]));
    return {
      ...{ model: rebuilt.model, moves: rebuilt.moves },
      report: compactReport({ ...sizes, kept, difference }),
      ...{ removed, outputs: left },
    };
  } catch (error) {
    rebuilt.model.dispose();
    throw error;
  }
}

function chosen(model: tf.LayersModel, trace: UnitTrace, constants: Constants, options: ReadOptions): Choice {
  const seeds = fixedSeeds(trace, layersWithin(model));
  const units = model.outputs.map((_, i) => trace.graph.features[String(i)] ?? new Int32Array());
  const outputs = { units, keep: options.outputs === 'keep' };
  if (options.units === 'dead') return deadUnits(trace, constants, seeds, outputs);
  const { keep } = options.units;
  if (keep.length !== trace.graph.count) {
    throw invalidOption('compact.units.keep', keep.length, { expected: `one for each of ${trace.graph.count} units` });
  }
  return unwantedUnits(trace, constants, { seeds, outputs, isWanted: (unit) => Boolean(keep[unit]) });
}

/** Channels of units that are not wanted, by the layer that makes them. */
function givenMeans(trace: UnitTrace, paths: ReadonlyMap<Layer, string>, { keep, means = {} }: KeepUnits): Instead {
  const makers = new Map(trace.makers.map(({ layer, units }) => [layer, units]));
  const byLayer = new Map<Layer, readonly (number | null)[]>();
  for (const [path, own] of Object.entries(means)) {
    const [layer] = [...paths].find(([, known]) => known === path) ?? [];
    const units = layer && makers.get(layer);
    if (layer === undefined || units === undefined || units.length !== own.length) {
      const expected = units === undefined ? 'the path of a layer that makes units' : `${units.length} means`;
      throw invalidOption(`compact.units.means.${path}`, units === undefined ? path : own.length, { expected });
    }
    byLayer.set(
      layer,
      Array.from(units, (unit, i) => (keep[unit] ? null : (own[i] ?? 0))),
    );
  }
  return (layer) => byLayer.get(layer) ?? null;
}

function outputOf(units: Int32Array, constants: Constants, index: number, isGone: readonly boolean[]): CompactOutput {
  const all = [...units.keys()];
  const gone = all.filter((i) => isGone[units[i] ?? -1]);
  const means = constants.outputs[index]?.means ?? [];
  return {
    left: Int32Array.from(all.filter((i) => !isGone[units[i] ?? -1])),
    gone: Int32Array.from(gone),
    values: Float32Array.from(gone, (i) => means[i] ?? Number.NaN),
  };
}
