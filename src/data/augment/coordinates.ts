/** @file Labels that are places in a picture, and where they lie when it was changed. */
import { refusalOf } from '../../errors.js';
import type { TaskSlot } from '../../tasks/layout.js';
import type { AxisMove } from './augmentation.js';

/** One axis of the picture in the units of its labels. */
export interface Ruler {
  /** Where the picture ends, of what begins at 0. */
  readonly span: number;
  /** Units of a pixel. */
  readonly unit: number;
  /** What lies between a label and the place that it means, in units: half a pixel where labels count pixels. */
  readonly middle: number;
}

/** Labels of one row: the row's part of the label matrix. */
export interface RowLabels {
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** A place, or an edge with how far it reaches. */
export interface Coordinate {
  readonly ruler: Ruler;
  readonly at: TaskSlot | null;
  /** Null for a place. */
  readonly reach: TaskSlot | number | null;
}

/** Both axes of one box, or one axis of a place: what is gone together when nothing of it is left in the picture. */
export interface Thing {
  readonly x: Coordinate | null;
  readonly y: Coordinate | null;
}

/** The tasks whose labels may move. */
export function slotsOf({ x, y }: Thing): readonly TaskSlot[] {
  return [x, y].flatMap((axis) => (axis === null ? [] : [axis.at, axis.reach])).filter((slot) => isSlot(slot));
}

const isSlot = (slot: TaskSlot | number | null | undefined): slot is TaskSlot =>
  typeof slot === 'object' && slot !== null;

interface Placed {
  readonly slot: TaskSlot;
  /** Null where it cannot be told any more. */
  readonly value: number | null;
}

/** What became of a label that was there. */
export interface Moved {
  readonly slot: TaskSlot;
  readonly isLost: boolean;
}

/**
 * Moves the labels of one thing. One that leaves the picture, or the range of its task, becomes missing; so does a mirrored edge
 * whose reach is not known. What reaches over the picture's edges is cut off there.
 */
export function moveThing(
  thing: Thing,
  move: { readonly x: AxisMove | null; readonly y: AxisMove | null },
  labels: RowLabels,
): readonly Moved[] {
  const axes = (['x', 'y'] as const).map((axis) => {
    const own = thing[axis];
    return own === null ? [] : moved(own, move[axis], labels);
  });
  const placed = axes.some((axis) => axis === 'gone')
    ? slotsOf(thing).map((slot): Placed => ({ slot, value: null }))
    : axes.flatMap((axis) => (axis === 'gone' ? [] : axis));
  return placed
    .filter(({ slot }) => labels.present[slot.offset] === 1)
    .map(({ slot, value }) => {
      const isLost = value === null || !holds(slot, value);
      labels.values[slot.offset] = isLost ? 0 : value;
      labels.present[slot.offset] = isLost ? 0 : 1;
      return { slot, isLost };
    });
}

/** Whether the task takes such a label. */
function holds({ task }: TaskSlot, value: number): boolean {
  const cell = { values: new Float64Array(1), present: new Uint8Array(1), offset: 0 };
  return refusalOf(() => task.kind.encode(value, cell, () => task.path)) === null;
}

function moved(coordinate: Coordinate, move: AxisMove | null, labels: RowLabels): readonly Placed[] | 'gone' {
  if (move === null) return [];
  const { ruler, at, reach } = coordinate;
  const known = (slot: TaskSlot | number | null): number | null => {
    if (!isSlot(slot)) return slot;
    return labels.present[slot.offset] === 1 ? (labels.values[slot.offset] as number) : null;
  };
  const place = known(at);
  const length = known(reach);
  const to = (value: number) => move.scale * (value + ruler.middle) + move.offset * ruler.unit - ruler.middle;
  const [first, last] = [0, ruler.span - 2 * ruler.middle];
  if (at === null || place === null) {
    return isSlot(reach) && length !== null ? [{ slot: reach, value: Math.abs(move.scale) * length }] : [];
  }
  if (reach === null) {
    const value = to(place);
    return value < first || value > last ? 'gone' : [{ slot: at, value }];
  }
  if (length === null) return [{ slot: at, value: move.scale > 0 ? within(to(place), first, last) : null }];
  const ends = [to(place), to(place + length)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  if (!isSlot(reach)) return high < first || low > last ? 'gone' : [{ slot: at, value: within(low, first, last) }];
  const [start, end] = [Math.max(first, low), Math.min(last, high)];
  // Where pixels are counted, an end at the start is one pixel.
  if (end < start || (end === start && length > 0 && ruler.middle === 0)) return 'gone';
  return [
    { slot: at, value: start },
    { slot: reach, value: end - start },
  ];
}

function within(value: number, first: number, last: number): number | null {
  return value < first || value > last ? null : value;
}
