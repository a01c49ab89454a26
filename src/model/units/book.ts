/** @file What is written down while the layers of a backbone are followed: units, which are one, and axes that stand for them. */
import type { LayerVariable } from '../binding.js';

/** Stands where no unit does: network inputs, positions, what a layer that is not followed gives. */
export const noUnit = -1;

export type UnitRole = 'makes' | 'reads';

/** What a reader of the book sees of one axis: provisional ids, see `Book.unitOf`. */
export interface AxisNote {
  readonly axis: number;
  readonly role: UnitRole;
  readonly ids: readonly number[];
}

export interface MakerNote<Maker> {
  readonly maker: Maker;
  readonly ids: readonly number[];
}

/** Where the channels of a tensor lie, and which they are. */
export interface LineNote {
  readonly axis: number;
  readonly ids: readonly number[];
}

/** One call of a layer that is no model. */
export interface CallNote<Maker> {
  readonly layer: Maker;
  readonly inputs: readonly LineNote[];
  readonly outputs: readonly LineNote[];
}

/**
 * Units have provisional ids while layers are followed; ids that turn out to be one unit are joined. Lists of ids have
 * one for each channel, `noUnit` where there is none.
 */
export interface Book<Maker> {
  /**
   * The units that `maker` makes, the same at each of its calls. Where `upon` has units (a depthwise convolution keeps
   * the channels that it reads apart), those are what it makes.
   */
  readonly made: (maker: Maker, count: number, upon?: readonly number[]) => readonly number[];
  /** Says what the indices of an axis stand for. Said again (a layer called in several places), both are one. */
  readonly axis: (variable: LayerVariable, axis: number, role: UnitRole, ids: readonly number[]) => void;
  /** A call of the layer that holds the variable is not followed: the units of its other calls are fixed. */
  readonly leave: (variable: LayerVariable, because: string) => void;
  /** Makes the units of both lists one, channel by channel. A unit joined with none is fixed: `because`. */
  readonly couple: (a: readonly number[], b: readonly number[], because: string) => readonly number[];
  readonly fix: (ids: readonly number[], because: string) => void;
  /** The id that stands for the unit of `id`. */
  readonly unitOf: (id: number) => number;
  readonly fixedBecause: (id: number) => string | null;
  readonly makers: readonly MakerNote<Maker>[];
  readonly calls: CallNote<Maker>[];
  readonly axes: ReadonlyMap<LayerVariable, readonly AxisNote[]>;
}

export function createBook<Maker extends object>(): Book<Maker> {
  const ids = createIds();
  const makers = new Map<Maker, readonly number[]>();
  const notes: MakerNote<Maker>[] = [];
  const axes = new Map<LayerVariable, AxisNote[]>();
  const unfollowed = new Map<LayerVariable, string>();
  const book: Book<Maker> = {
    made: (maker, count, upon = []) => {
      const known = makers.get(maker);
      if (known !== undefined) {
        for (const [i, id] of known.entries()) if (isUnit(upon[i])) ids.join(id, upon[i]);
        return known;
      }
      const own = Array.from({ length: count }, (_, i) => (isUnit(upon[i]) ? upon[i] : ids.next()));
      makers.set(maker, own);
      notes.push({ maker, ids: own });
      return own;
    },
    axis: (variable, axis, role, own) => {
      const of = axes.get(variable) ?? [];
      axes.set(variable, of);
      const known = of.find((note) => note.axis === axis);
      if (known === undefined) of.push({ axis, role, ids: own });
      else book.couple(known.ids, own, 'a layer that is called in several places reads them and what no layer makes');
      const because = unfollowed.get(variable);
      if (because !== undefined) book.fix(own, because);
    },
    leave: (variable, because) => {
      unfollowed.set(variable, because);
      for (const { ids: own } of axes.get(variable) ?? []) book.fix(own, because);
    },
    couple: (a, b, because) =>
      Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
        const id = a[i] ?? noUnit;
        const other = b[i] ?? noUnit;
        if (isUnit(id) && isUnit(other)) ids.join(id, other);
        else book.fix([id, other], because);
        return isUnit(id) ? id : other;
      }),
    fix: (fixed, because) => {
      for (const id of fixed) if (isUnit(id)) ids.fix(id, because);
    },
    unitOf: ids.find,
    fixedBecause: (id) => ids.reason(id),
    makers: notes,
    calls: [],
    axes,
  };
  return book;
}

const isUnit = (id: number | undefined): id is number => id !== undefined && id !== noUnit;

/** Union-find; the earliest id stands for all that are joined. */
function createIds() {
  const parents: number[] = [];
  const reasons = new Map<number, string>();
  const find = (id: number): number => {
    let current = id;
    for (let parent = parents[current]; parent !== undefined && parent !== current; parent = parents[current]) {
      parents[current] = parents[parent] ?? parent;
      current = parent;
    }
    return current;
  };
  return {
    find,
    next: (): number => parents.push(parents.length) - 1,
    join: (a: number, b: number): void => {
      const [first, second] = [find(a), find(b)].sort((x, y) => x - y) as [number, number]; // of two
      if (first === second) return;
      parents[second] = first;
      const reason = reasons.get(first) ?? reasons.get(second);
      if (reason !== undefined) reasons.set(first, reason);
    },
    fix: (id: number, because: string): void => {
      const root = find(id);
      if (!reasons.has(root)) reasons.set(root, because);
    },
    reason: (id: number): string | null => reasons.get(find(id)) ?? null,
  };
}
