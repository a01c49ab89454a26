/** @file Values at the positions of a row as the lists that a person writes: nested along the axes, as long as the row's own. */
import { type Extents, lengthAt } from './extents.js';

/**
 * @param shape of the axes
 * @param extents of the rows; null: each row has the whole shape
 * @param value at a position, counted over all rows: `row × positions + position`
 */
export function nestedList(
  row: number,
  shape: readonly number[],
  extents: Extents | null,
  value: (instance: number) => unknown,
): readonly unknown[] {
  const below = (axis: number, place: number): readonly unknown[] => {
    const first = place * (shape[axis] as number); // axes are those of the shape
    const length = lengthAt(extents, axis, place, shape);
    const isLast = axis === shape.length - 1;
    return Array.from({ length }, (_, i) => (isLast ? value(first + i) : below(axis + 1, first + i)));
  };
  return below(0, row);
}

/** `[3]`, `[2][7]`: a position of the row as it is written after a name. */
export function positionText(shape: readonly number[], position: number): string {
  let left = position;
  const places = [...shape].reverse().map((length) => {
    const place = left % length;
    left = Math.floor(left / length);
    return `[${place}]`;
  });
  return places.reverse().join('');
}
