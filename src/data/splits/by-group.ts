/** @file Splitting by groups: the rows of one value stay together. */
import { nameOf, type Parts, type SplitColumn, sizesOf } from './parts.js';

/**
 * Groups, the largest first, those of one size in random order, go to the part that lacks the largest share of its rows. Within a
 * part, rows are in random order.
 */
export function byGroup(column: SplitColumn, order: Uint32Array, parts: Parts): readonly Uint32Array[] {
  const groups = new Map<string, number[]>();
  for (const row of order) {
    const value = column.value(row);
    const name = value === null ? `row ${row}` : nameOf(value);
    const own = groups.get(name);
    if (own === undefined) groups.set(name, [row]);
    else own.push(row);
  }
  const sizes = sizesOf(parts);
  const lacking = sizes.slice();
  const partOf = new Map<number, number>();
  for (const rows of [...groups.values()].sort((a, b) => b.length - a.length)) {
    const part = mostLacking(lacking, sizes);
    lacking[part] = (lacking[part] as number) - rows.length; // one of the parts
    for (const row of rows) partOf.set(row, part);
  }
  return sizes.map((_, part) => order.filter((row) => partOf.get(row) === part));
}

function mostLacking(lacking: readonly number[], sizes: readonly number[]): number {
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  for (const [part, rows] of lacking.entries()) {
    const share = rows / Math.max(1, sizes[part] as number); // one each
    if (share > most) [best, most] = [part, share];
  }
  return best;
}
