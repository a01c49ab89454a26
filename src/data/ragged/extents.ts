/** @file How far the rows of a ragged input reach along its axes, and so which of its positions are there. */

/** Of some rows. Lists are cut from the end alone: of the positions below a place, the first ones are there. */
export interface Extents {
  /** The declared lengths of the axes that may be shorter, from the first axis on. */
  readonly shape: readonly number[];
  /** For each of these axes how many there are, at each place of the axes before it: `[rows, ...shape.slice(0, axis)]`. */
  readonly lengths: readonly Uint32Array[];
}

/** The positions of a task that some rows have. */
export interface TaskPositions {
  readonly extents: Extents;
  /** `[rows, positions]` of the task, 1 where the row has it. */
  readonly there: Uint8Array;
}

/** By task path; null of a task whose positions all rows have. */
export type Positions = (path: string) => TaskPositions | null;

/** Of rows whose lengths are not known yet: no position is there. */
export function emptyExtents(rows: number, shape: readonly number[]): Extents {
  let places = rows;
  const lengths = shape.map((length) => {
    const own = new Uint32Array(places);
    places *= length;
    return own;
  });
  return { shape, lengths };
}

/**
 * 1 where a row has the position, `[rows, ...shape]`.
 *
 * @param shape the first axes of the input, any number of them; along axes beyond those of the extents all is there
 */
export function presence(extents: Extents, rows: number, shape: readonly number[]): Uint8Array {
  let there = new Uint8Array(rows).fill(1);
  for (const [axis, length] of shape.entries()) {
    const own = extents.lengths[axis];
    const below = new Uint8Array(there.length * length);
    for (let place = 0; place < there.length; place++) {
      if (there[place] === 1) below.fill(1, place * length, place * length + (own?.[place] ?? length));
    }
    there = below;
  }
  return there;
}

/** How many there are along an axis of the shape, below a place of the axes before it, counted over all rows. */
export function lengthAt(extents: Extents | null, axis: number, place: number, shape: readonly number[]): number {
  return extents?.lengths[axis]?.[place] ?? (shape[axis] as number); // along axes that are not ragged all of them
}

/** Those of chosen rows, copied. @param rows all of them */
export function positionsOfChosen(positions: Positions, rows: number, chosen: Uint32Array): Positions {
  const pick = <T extends Uint8Array | Uint32Array>(all: T): T => {
    const size = all.length / rows;
    const make = all.constructor as new (length: number) => T; // an array of the same type
    const picked = new make(chosen.length * size);
    for (const [i, row] of chosen.entries()) picked.set(all.subarray(row * size, (row + 1) * size), i * size);
    return picked;
  };
  return (path) => {
    const own = positions(path);
    if (own === null) return null;
    const { extents, there } = own;
    return { extents: { ...extents, lengths: extents.lengths.map(pick) }, there: pick(there) };
  };
}

/** Those of rows `start` to `end`; nothing is copied. @param rows all of them */
export function positionsOfRows(positions: Positions, rows: number, start: number, end: number): Positions {
  const part = <T extends Uint8Array | Uint32Array>(all: T): T => {
    const size = all.length / rows;
    return all.subarray(start * size, end * size) as T; // a view of its own type
  };
  return (path) => {
    const own = positions(path);
    if (own === null) return null;
    const { extents, there } = own;
    return { extents: { ...extents, lengths: extents.lengths.map(part) }, there: part(there) };
  };
}
