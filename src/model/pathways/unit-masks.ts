/** @file Sets of units -> masks of the tensors that they are made of and read by. */

import type { HeldTensor, Ownership } from '../tensors.js';
import type { UnitAxis, UnitGraph } from '../units/graph.js';
import type { BoundPathway } from './bound.js';

/** What of the unit graph pathways ask. */
export type PathwayUnits = Pick<UnitGraph, 'axes' | 'features' | 'count'>;

/** Whether any axis of a tensor stands for units. */
export const hasUnits = (tensor: Pick<HeldTensor, 'variable'>, graph: PathwayUnits | null): boolean =>
  axesOf(tensor, graph).length > 0;

/** 1 for the elements all of whose units are in the set. Undefined where the tensor has no units: it is seen whole. */
export function unitReads(
  tensor: Pick<HeldTensor, 'shape' | 'variable'>,
  units: Uint8Array,
  graph: PathwayUnits | null,
): Uint8Array | undefined {
  const axes = axesOf(tensor, graph);
  if (axes.length === 0) return undefined;
  return elements(tensor.shape, axes, (at) => at.every((unit) => unit < 0 || units[unit] === 1));
}

/** By tensor of which not all is seen, 1 for the elements that some pathway sees: those of all of whose units one has. */
export function mergedReads(
  trunk: readonly HeldTensor[],
  pathways: readonly BoundPathway[],
  graph: PathwayUnits | null,
): ReadonlyMap<string, Uint8Array> {
  const reads = new Map<string, Uint8Array>();
  for (const tensor of trunk) {
    const axes = axesOf(tensor, graph);
    if (axes.length === 0) continue;
    const values = elements(tensor.shape, axes, (at) =>
      pathways.some(({ units }) => at.every((unit) => unit < 0 || units?.[unit] === 1)),
    );
    if (!values.every((value) => value === 1)) reads.set(tensor.name, values);
  }
  return reads;
}

/**
 * True where the units of all these pathways may be computed at once: a unit that several have reads nothing that one
 * of them has not, so what is in another pathway never reaches it.
 *
 * @param trunk the backbone's tensors
 */
export function areComputedAtOnce(
  trunk: readonly Pick<HeldTensor, 'shape' | 'variable'>[],
  sets: readonly Uint8Array[],
  graph: PathwayUnits,
): boolean {
  return trunk.every((tensor) => {
    const axes = axesOf(tensor, graph);
    const makes = axes.filter(({ role }) => role === 'makes');
    const reads = axes.filter(({ role }) => role === 'reads');
    return reads.every((from) =>
      makes.every((to) => {
        const sources = distinct(from.units).filter((unit) => unit >= 0);
        return distinct(to.units).every((unit) => {
          const having = sets.filter((set) => unit < 0 || set[unit] === 1);
          if (having.length < 2) return true;
          return sources.every((source) => {
            const count = having.filter((set) => set[source] === 1).length;
            return count === 0 || count === having.length;
          });
        });
      }),
    );
  });
}

/** Who owns which units' elements along the axis that makes units; null where the tensor has no units. */
export function cellsOf(
  tensor: HeldTensor,
  pathways: readonly BoundPathway[],
  graph: PathwayUnits,
  reading: (tasks: readonly number[]) => number[],
): Ownership | null {
  const axes = axesOf(tensor, graph);
  // What passes units on (a normalisation's vectors) makes none, but is of units all the same.
  const making = axes.find(({ role }) => role === 'makes') ?? axes[0];
  if (making === undefined) return null;
  const known = new Map<number, readonly number[]>();
  const cells = Array.from(making.units, (unit) => {
    const owners =
      known.get(unit) ??
      reading(pathways.flatMap(({ units, tasks }) => (unit < 0 || units?.[unit] === 1 ? tasks : [])));
    known.set(unit, owners);
    return owners;
  });
  const shape = tensor.shape.slice(making.axis).map((_, i) => (i === 0 ? cells.length : 1));
  return { by: 'cells', key: `${shape.length}:${runs(cells)}`, shape, cells };
}

/** Rows of a head by the units that its features are; null where every row of every column is read. */
export function headReads(
  { name, shape, owners }: HeldTensor,
  pathways: readonly BoundPathway[],
  graph: PathwayUnits,
): Uint8Array | null {
  if (owners.by !== 'column') return null;
  const feature = name.slice('head/'.length, name.lastIndexOf('/'));
  const rows = graph.features[feature];
  if (rows === undefined) return null;
  const [, width = 0] = shape;
  const values = new Uint8Array(rows.length * width).fill(1);
  for (const { tasks, units } of pathways) {
    if (units === null) continue;
    const columns = owners.columns.flatMap((task, column) => (tasks.includes(task) ? [column] : []));
    rows.forEach((unit, row) => {
      if (unit < 0 || units[unit] === 1) return;
      for (const column of columns) values[row * width + column] = 0;
    });
  }
  return values.every((value) => value === 1) ? null : values;
}

function axesOf({ variable }: Pick<HeldTensor, 'variable'>, graph: PathwayUnits | null): readonly UnitAxis[] {
  return graph?.axes.get(variable) ?? [];
}

/** For each element, whether its units (one for each of the axes) are in. */
function elements(
  shape: readonly number[],
  axes: readonly UnitAxis[],
  isIn: (units: readonly number[]) => boolean,
): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = new Uint8Array(size);
  const strides = axes.map(({ axis }) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const known = new Map<number, number>();
  const at = new Array<number>(axes.length);
  for (let i = 0; i < size; i++) {
    let key = 0;
    for (let a = 0; a < axes.length; a++) {
      const { axis, units } = axes[a] as UnitAxis;
      const unit = units[Math.floor(i / (strides[a] as number)) % (shape[axis] as number)] as number;
      at[a] = unit;
      key = key * 1_000_003 + unit + 1;
    }
    let value = Number.isSafeInteger(key) ? known.get(key) : undefined;
    if (value === undefined) {
      value = isIn(at) ? 1 : 0;
      if (known.size < 1_000_000) known.set(key, value);
    }
    values[i] = value;
  }
  return values;
}

const distinct = (units: Int32Array): number[] => [...new Set(units)];

/** A short name of which cells are owned by whom: equal neighbours are said once. */
function runs(cells: readonly (readonly number[])[]): string {
  const parts: string[] = [];
  let count = 0;
  for (const [i, cell] of cells.entries()) {
    count++;
    if (i + 1 < cells.length && String(cells[i + 1]) === String(cell)) continue;
    parts.push(`${count}x${cell.join(',')}`);
    count = 0;
  }
  return parts.join(' ');
}
