/** @file Which units a mask may take out, and which rows of which kernels read them. */
import { HeadgateError, listed } from '../../errors.js';
import type { Network } from '../../model/network.js';
import { ownersOf } from '../../model/tensors.js';
import type { UnitGraph, UnitGroup } from '../../model/units/graph.js';
import { tf } from '../../tf.js';
import { anyOf } from '../../train/name-patterns.js';
import type { NamePattern } from '../../train/optimizers/optimizer.js';
import type { Pathway } from '../pathway.js';

export interface MaskableUnits {
  /** Units that may be masked, ascending: logit i is that of `units[i]`. */
  readonly units: Int32Array;
  /** 1 for each unit of the graph that is in whatever the masks say. */
  readonly always: Uint8Array;
  /** By tensor that reads units, the rows of them. */
  readonly rows: ReadonlyMap<string, ReadRows>;
  /** By feature that tasks read, likewise; of a head of another make. */
  readonly features: ReadonlyMap<string, ReadRows>;
}

/** One row of a kernel for each index of its axis of inputs. */
export interface ReadRows {
  readonly axis: number;
  /** By index, which of `[...mask, 1, 0]` multiplies it: a maskable unit's place, or one of the two behind them. */
  readonly places: Int32Array;
}

export interface MaskableFacts {
  readonly network: Pick<Network, 'held' | 'units'>;
  readonly pathways: readonly Pathway[];
  /** Indices in flow order, and paths, of the tasks whose units are looked for. */
  readonly tasks: ReadonlySet<number>;
  readonly paths: readonly string[];
  /** Layers' names; null for all. */
  readonly include: readonly NamePattern[] | null;
  readonly exclude: readonly NamePattern[];
}

/**
 * The units that the tasks read, but for those that cannot be removed and those of layers that are left out.
 *
 * @throws HeadgateError `NOTHING_TO_MASK`
 */
export function maskableUnits(facts: MaskableFacts): MaskableUnits {
  const { network, include, exclude } = facts;
  const graph = network.units();
  const used = usedUnits(facts, graph);
  const isIn = include === null ? () => true : anyOf(include, '/');
  const isOut = anyOf(exclude, '/');
  const isChosen = ({ layers, fixed }: UnitGroup): boolean =>
    fixed === null && layers.some(isIn) && !layers.some(isOut);
  const chosen = graph.groups.filter(isChosen);
  const units = Int32Array.from(chosen.flatMap((group) => [...group.units]))
    .filter((unit) => used[unit] === 1)
    .sort();
  if (units.length === 0) throw nothingToMask(graph);
  const always = used.slice();
  for (const unit of units) always[unit] = 0;
  const place = placesOf(units, always);
  return {
    ...{ units, always },
    rows: new Map(readers(network, graph).map(([name, axis, read]) => [name, { axis, places: read.map(place) }])),
    features: new Map(
      Object.entries(graph.features).map(([name, read]) => [name, { axis: 0, places: read.map(place) }]),
    ),
  };
}

/** `[...mask, 1, 0]`: where rows find their factor. */
function placesOf(units: Int32Array, always: Uint8Array): (unit: number) => number {
  const places = new Map(Array.from(units, (unit, i) => [unit, i]));
  // What no layer makes (-1) is read as it is.
  return (unit) => places.get(unit) ?? (unit < 0 || always[unit] === 1 ? units.length : units.length + 1);
}

/**
 * Kernels that read units: name, axis, and the unit of each index. What reads units and makes none (the window of a
 * separable convolution) hands them on: the kernel behind it reads them, and one factor is enough.
 */
function readers(
  { held }: Pick<Network, 'held'>,
  graph: UnitGraph,
): readonly (readonly [name: string, axis: number, units: Int32Array])[] {
  return held.flatMap(({ name, part, role, variable }) => {
    if (part === 'head') {
      const units = graph.features[name.slice('head/'.length, name.lastIndexOf('/'))];
      return role === 'kernel' && units !== undefined ? [[name, 0, units] as const] : [];
    }
    const axes = graph.axes.get(variable) ?? [];
    const reads = axes.find((axis) => axis.role === 'reads');
    return reads === undefined || !axes.some((axis) => axis.role === 'makes')
      ? []
      : [[name, reads.axis, reads.units] as const];
  });
}

/** 1 for each unit that the tasks are computed of: in their pathways, where they have some. */
function usedUnits({ network, pathways, tasks, paths }: MaskableFacts, { count, axes }: UnitGraph): Uint8Array {
  const used = new Uint8Array(count);
  for (const { variable, owners } of network.held) {
    if (!ownersOf(owners).some((task) => tasks.has(task))) continue;
    for (const { role, units } of axes.get(variable) ?? []) {
      if (role === 'makes') for (const unit of units) if (unit >= 0) used[unit] = 1;
    }
  }
  const own = paths.map((path) => pathways.find((pathway) => pathway.tasks.includes(path))?.units ?? null);
  if (own.includes(null)) return used;
  return used.map((value, unit) => (value === 1 && own.some((set) => set?.[unit] === 1) ? 1 : 0));
}

/**
 * What the layers see of a tensor through a mask: the rows of every kernel that reads a unit times its mask. Whatever
 * stands between the unit and the kernel (activation, normalisation, pooling, flattening) is exact.
 *
 * @param mask `[units]`
 */
export function throughMask({ rows }: MaskableUnits, mask: tf.Tensor): (name: string, value: tf.Tensor) => tf.Tensor {
  const factors = withEnds(mask);
  return (name, value) => {
    const read = rows.get(name);
    return read === undefined ? value : value.mul(rowFactors(read, factors, value.rank));
  };
}

/** The mask, then a one and a zero. */
export function withEnds(mask: tf.Tensor): tf.Tensor1D {
  return tf.concat1d([mask as tf.Tensor1D, tf.tensor1d([1, 0])]); // of one axis, as its doc says
}

/** A factor for each row, in a shape that broadcasts over a tensor of this rank. */
export function rowFactors({ axis, places }: ReadRows, factors: tf.Tensor1D, rank: number): tf.Tensor {
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? places.length : 1));
  const [first = 0] = places;
  const isRun = places.every((place, i) => place === first + i);
  const own = isRun ? factors.slice([first], [places.length]) : factors.gather(tf.tensor1d([...places], 'int32'));
  return own.reshape(shape);
}

function nothingToMask({ groups }: UnitGraph): HeadgateError {
  const free = groups.filter(({ fixed }) => fixed === null);
  const fixed = groups.find((group) => group.fixed !== null);
  const because = fixed === undefined ? 'no layer makes any' : `those of ${fixed.name} stay: ${fixed.fixed}`;
  return new HeadgateError({
    code: 'NOTHING_TO_MASK',
    path: 'pathways.unitMasks',
    problem: 'no unit of the backbone that these tasks read is left to mask',
    expected: free.length === 0 ? 'units that can be removed' : `units of ${listed(free.map(({ name }) => name))}`,
    received: free.length === 0 ? because : 'none of them',
    mend: 'Change `include` and `exclude`, or put a dense layer or a convolution into the backbone.',
  });
}
