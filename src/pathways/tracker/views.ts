/** @file What layers of a backbone say of a row: which tensors, and which of their channels a task sees. */
import { HeadgateError, listed } from '../../errors.js';
import { layerPaths } from '../../model/layer-names.js';
import { nodeOf } from '../../model/layers.js';
import type { Network } from '../../model/network.js';
import { traceUnits, type UnitTrace } from '../../model/units/graph.js';
import { invalidOption } from '../../options.js';
import type { tf } from '../../tf.js';
import { anyOf } from '../../train/name-patterns.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';

type Symbol = tf.SymbolicTensor;

/** The output of a layer of the backbone. */
export interface LayerOutput {
  /** The layer's path in the backbone: `stem`. */
  readonly name: string;
  readonly symbol: Symbol;
  /** Of its last axis. */
  readonly channels: number;
}

/**
 * Outputs of layers, in the order in which they are computed. Layers that give several tensors, or stand in several
 * places, have no output that is one, and are left out.
 *
 * @param patterns of layers' names; null for those that have weights
 * @throws HeadgateError `EMPTY_GROUP` at `where`
 */
export function layerOutputs(
  { features }: Pick<Network, 'features'>,
  patterns: readonly NamePattern[] | null,
  where: string,
): readonly LayerOutput[] {
  const paths = layerPaths([...features.values()]);
  const isIn = patterns === null ? null : anyOf(patterns, '/');
  const known: LayerOutput[] = [];
  const chosen: LayerOutput[] = [];
  for (const [layer, symbols] of symbolsBehind([...features.values()])) {
    const [symbol, ...others] = symbols;
    const channels = symbol?.shape.at(-1);
    const name = paths.get(layer) ?? layer.name;
    const isInput = symbol !== undefined && nodeOf(symbol).inputTensors.includes(symbol); // as tfjs has it
    if (symbol === undefined || others.length > 0 || isInput || typeof channels !== 'number') continue;
    const output = { name, symbol, channels };
    known.push(output);
    if (isIn === null ? layer.weights.length > 0 : isIn(name)) chosen.push(output);
  }
  if (chosen.length > 0) return chosen;
  throw new HeadgateError({
    code: 'EMPTY_GROUP',
    path: where,
    problem: 'no layer of the backbone is left to look at',
    expected: known.length === 0 ? 'a backbone of layers' : `some of ${listed(known.map(({ name }) => name))}`,
    received: 'none of them',
  });
}

/** By layer, the tensors of it on the way to these; each layer after those that it reads. */
function symbolsBehind(tensors: readonly Symbol[]): ReadonlyMap<tf.layers.Layer, readonly Symbol[]> {
  const order = new Set<Symbol>();
  const entered = new Set<Symbol>();
  const pending = [...tensors].reverse();
  for (let current = pending.at(-1); current !== undefined; current = pending.at(-1)) {
    if (entered.has(current)) {
      order.add(current);
      pending.pop();
      continue;
    }
    entered.add(current);
    pending.push(
      ...nodeOf(current)
        .inputTensors.filter((input) => !entered.has(input))
        .reverse(),
    );
  }
  const byLayer = new Map<tf.layers.Layer, Symbol[]>();
  for (const symbol of order) byLayer.set(symbol.sourceLayer, [...(byLayer.get(symbol.sourceLayer) ?? []), symbol]);
  return byLayer;
}

/** Of each network's features: what is asked for each layer and task is walked through once. */
const traces = new WeakMap<Network['features'], UnitTrace['calls']>();

function callsOf(features: Network['features']): UnitTrace['calls'] {
  const calls = traces.get(features) ?? traceUnits(Object.fromEntries(features)).calls;
  traces.set(features, calls);
  return calls;
}

/**
 * 1 for each channel of a layer's output that is not a unit outside of a pathway: pathways that own whole units are computed
 * at once, so that a layer gives the units of all of them.
 *
 * @param units of the pathway, by the unit graph
 * @throws HeadgateError `INVALID_OPTIONS` at `where` for a layer of which it is not known which units its channels are
 */
export function channelsSeen(
  { features }: Pick<Network, 'features'>,
  { name, symbol, channels }: LayerOutput,
  units: Uint8Array,
  where: string,
): Float32Array {
  const call = callsOf(features).find(({ layer }) => layer === symbol.sourceLayer);
  const line = call?.outputs.find(({ axis }) => axis === symbol.shape.length - 1);
  if (line === undefined) {
    throw invalidOption(where, name, { expected: 'layers of which it is known which units their channels are' });
  }
  return Float32Array.from({ length: channels }, (_, channel) => {
    const unit = line.units[channel] ?? -1;
    return unit < 0 || units[unit] === 1 ? 1 : 0;
  });
}
