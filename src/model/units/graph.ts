/** @file The unit graph: which channels of a backbone there are, which stand or fall together, and which weights stand for them. */
import type { tf } from '../../tf.js';
import type { LayerVariable } from '../binding.js';
import { layerPaths } from '../layer-names.js';
import { type Book, createBook, type LineNote, type MakerNote, noUnit, type UnitRole } from './book.js';
import { along } from './channels.js';
import { followTensors } from './follow.js';

type Layer = tf.layers.Layer;

export interface UnitAxis {
  readonly axis: number;
  /**
   * What a weight does along this axis: its index belongs to what the unit is computed of (columns of a kernel, biases,
   * scales, averages), or to what is computed of the unit (rows of a kernel). A depthwise kernel does both: `makes`.
   */
  readonly role: UnitRole;
  /** By index of the axis; -1 for no unit. */
  readonly units: Int32Array;
}

export interface UnitGroup {
  /** The backbone path of the first layer that makes these units, e.g. `stem`. */
  readonly name: string;
  /** Paths of all layers that make them. */
  readonly layers: readonly string[];
  /** In the order of their channels, layer by layer; each unit once. */
  readonly units: Int32Array;
  /** Why they cannot be removed; null where they can. */
  readonly fixed: string | null;
}

/**
 * A unit is one channel that a layer with weights makes: a dense unit, a convolution's filter, a dimension of an
 * embedding, a recurrent unit. Channels that must stand or fall together are one unit.
 */
export interface UnitGraph {
  /** Units have the numbers from 0 to `count - 1`, group after group. */
  readonly count: number;
  /** Units made by one layer, or by layers that share some. Each unit is in one group. */
  readonly groups: readonly UnitGroup[];
  /**
   * By variable, the axes that stand for units; a variable without any is not here. An element is in a pathway if all
   * units that its indices stand for are.
   */
  readonly axes: ReadonlyMap<LayerVariable, readonly UnitAxis[]>;
  /** By feature, the unit of each element of its last axis; -1 for none. */
  readonly features: Readonly<Record<string, Int32Array>>;
}

/** Where the channels of a tensor lie, and which unit each is; -1 for none. */
export interface UnitLine {
  readonly axis: number;
  readonly units: Int32Array;
}

/** A unit graph with how it came about. */
export interface UnitTrace {
  readonly graph: UnitGraph;
  /** The layers that make units, with the unit of each of their channels. */
  readonly makers: readonly { readonly layer: Layer; readonly units: Int32Array }[];
  /** Calls of layers, those within models and wrappers too. */
  readonly calls: readonly {
    readonly layer: Layer;
    readonly inputs: readonly UnitLine[];
    readonly outputs: readonly UnitLine[];
  }[];
}

/**
 * Follows the units of a backbone from layer to layer, by the class of each. Where a layer of another class reads units
 * they are fixed, and those of its own weights are not counted.
 *
 * @param features symbolic tensors by name, of which the last axis holds the channels
 */
export function unitGraph(features: Readonly<Record<string, tf.SymbolicTensor>>): UnitGraph {
  return traceUnits(features).graph;
}

/** `unitGraph`, for those who change the layers themselves. */
export function traceUnits(features: Readonly<Record<string, tf.SymbolicTensor>>): UnitTrace {
  const book = createBook<Layer>();
  const entries = Object.entries(features);
  const tensors = entries.map(([, tensor]) => tensor);
  const found = followTensors(tensors, new Map(), book).map((channels) => {
    const last = along(channels, channels.shape.length - 1);
    if (last === null) book.fix(channels.ids, 'a feature has them on another axis than its last');
    return last?.ids ?? [];
  });
  const paths = layerPaths(tensors);
  const { groups, numbers } = groupsOf(book, (layer) => paths.get(layer) ?? layer.name);
  const unitsOf = (ids: readonly number[]): Int32Array =>
    Int32Array.from(ids, (id) => (id === noUnit ? noUnit : (numbers.get(book.unitOf(id)) ?? noUnit)));
  const graph: UnitGraph = {
    count: numbers.size,
    groups,
    axes: axesOf(book, unitsOf),
    features: Object.fromEntries(
      entries.map(([name, tensor], i) => [name, padded(unitsOf(found[i] ?? []), tensor.shape.at(-1) ?? 0)]),
    ),
  };
  const line = ({ axis, ids }: LineNote): UnitLine => ({ axis, units: unitsOf(ids) });
  return {
    graph,
    makers: book.makers.map(({ maker, ids }) => ({ layer: maker, units: unitsOf(ids) })),
    calls: book.calls.map(({ layer, inputs, outputs }) => ({
      layer,
      inputs: inputs.map(line),
      outputs: outputs.map(line),
    })),
  };
}

function axesOf(book: Book<Layer>, unitsOf: (ids: readonly number[]) => Int32Array): UnitGraph['axes'] {
  const axes = [...book.axes].map(([variable, notes]): [LayerVariable, UnitAxis[]] => [
    variable,
    notes
      .map(({ axis, role, ids }) => ({ axis, role, units: unitsOf(ids) }))
      .filter(({ units }) => units.some((unit) => unit !== noUnit)),
  ]);
  return new Map(axes.filter(([, of]) => of.length > 0));
}

/** A feature whose units are not known has none at each of its elements. */
function padded(units: Int32Array, size: number): Int32Array {
  return units.length === size ? units : new Int32Array(size).fill(noUnit);
}

/** Groups in the order in which layers were reached, units numbered through. */
function groupsOf(
  book: Book<Layer>,
  pathOf: (layer: Layer) => string,
): { readonly groups: readonly UnitGroup[]; readonly numbers: ReadonlyMap<number, number> } {
  const numbers = new Map<number, number>();
  const groups = sharing(book).map((makers): UnitGroup => {
    const units = new Set(makers.flatMap(({ ids }) => ids.map(book.unitOf)));
    const reasons = [...units].map(book.fixedBecause).filter((reason) => reason !== null);
    const layers = makers.map(({ maker }) => pathOf(maker));
    const first = numbers.size;
    for (const unit of units) numbers.set(unit, numbers.size);
    return {
      name: layers[0] ?? '',
      layers,
      units: Int32Array.from({ length: units.size }, (_, i) => first + i),
      fixed: reasons[0] ?? null,
    };
  });
  return { groups, numbers };
}

/** Makers that share a unit, directly or through others; groups and makers in the order in which they were reached. */
function sharing({ makers, unitOf }: Book<Layer>): MakerNote<Layer>[][] {
  const groups = new Set<Set<number>>();
  const groupOf = new Map<number, Set<number>>();
  for (const [i, { ids }] of makers.entries()) {
    const group = new Set([i]);
    groups.add(group);
    for (const unit of ids.map(unitOf)) {
      const met = groupOf.get(unit) ?? group;
      groupOf.set(unit, group);
      if (met === group) continue;
      groups.delete(met);
      for (const other of met) {
        group.add(other);
        for (const id of makers[other]?.ids ?? []) groupOf.set(unitOf(id), group);
      }
    }
  }
  return [...groups]
    .map((group) => [...group].sort((a, b) => a - b))
    .sort(([a = 0], [b = 0]) => a - b)
    .map((group) => group.flatMap((i) => makers[i] ?? []));
}
