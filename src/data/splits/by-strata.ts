/** @file Splitting so that labels have the same shares in every part: iterative stratification. */
import { nameOf, type Parts, type SplitColumn, sizesOf } from './parts.js';

/** Numbers of more values than this count by tenths. */
const MANY = 20;
const TENTHS = 10;

/**
 * Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data" (ECML PKDD 2011), figure 2: the label that is left in
 * the fewest rows is dealt out first, each of its rows to the part that lacks it most, of these to the one that lacks most rows,
 * of these to the first. Parts that are full take no more rows, so that sizes are exact.
 */
export function byStrata(columns: readonly SplitColumn[], order: Uint32Array, parts: Parts): readonly Uint32Array[] {
  const labels = labelsOf(columns, order);
  const rowsOf: number[][] = Array.from({ length: labels.count }, () => []);
  for (const row of order) for (const label of labels.of(row)) rowsOf[label]?.push(row);
  const sizes = sizesOf(parts);
  const lacking = sizes.slice();
  const rows = order.length;
  const wanted = sizes.map((size) => Float64Array.from(rowsOf, (own) => (own.length * size) / Math.max(1, rows)));
  const left = countdown(rowsOf.map((own) => own.length));
  const partOf = new Int32Array(rows).fill(-1);
  for (let label = left.rarest(); label !== null; label = left.rarest()) {
    for (const row of rowsOf[label] ?? []) {
      if (partOf[row] !== -1) continue;
      const own = label;
      const part = mostWanting(lacking, (one) => wanted[one]?.[own] ?? 0);
      partOf[row] = part;
      lacking[part] = (lacking[part] as number) - 1; // one of the parts
      const lacks = wanted[part] as Float64Array;
      for (const other of labels.of(row)) {
        left.less(other);
        lacks[other] = (lacks[other] as number) - 1;
      }
    }
  }
  return sizes.map((_, part) => order.filter((row) => partOf[row] === part));
}

interface Countdown {
  readonly less: (label: number) => void;
  /** The label that is left in the fewest rows, and in one at least; null where none is. */
  readonly rarest: () => number | null;
}

/** Labels by how many rows they are left in: each change costs the same, however many labels there are. */
function countdown(counts: readonly number[]): Countdown {
  const left = Int32Array.from(counts);
  // A label stands in the list of each count that it ever had: what is no longer so is passed over.
  const lists: number[][] = Array.from({ length: counts.reduce((a, b) => Math.max(a, b), 0) + 1 }, () => []);
  for (let label = counts.length - 1; label >= 0; label--) lists[counts[label] as number]?.push(label);
  let lowest = 1;
  return {
    less: (label) => {
      const count = (left[label] as number) - 1; // one of them
      left[label] = count;
      lists[count]?.push(label);
      if (count > 0) lowest = Math.min(lowest, count);
    },
    rarest: () => {
      for (; lowest < lists.length; lowest++) {
        const list = lists[lowest] as number[]; // below their number
        while (list.length > 0) {
          const label = list.pop() as number; // not empty
          if (left[label] === lowest) return label;
        }
      }
      return null;
    },
  };
}

function mostWanting(lacking: readonly number[], wants: (part: number) => number): number {
  let best = -1;
  for (const [part, rows] of lacking.entries()) {
    if (rows <= 0) continue;
    const isBetter =
      best < 0 || wants(part) > wants(best) || (wants(part) === wants(best) && rows > (lacking[best] ?? 0));
    if (isBetter) best = part;
  }
  return best; // some part has room: together they have as many places as there are rows
}

interface Labels {
  readonly count: number;
  readonly of: (row: number) => readonly number[];
}

/** Numbers for the values of all columns; each row has one at least. */
function labelsOf(columns: readonly SplitColumn[], order: Uint32Array): Labels {
  const numbers = new Map<string, number>();
  const byRow: number[][] = Array.from({ length: order.length }, () => []);
  for (const [place, column] of columns.entries()) {
    const name = namer(column, order);
    for (let row = 0; row < order.length; row++) {
      for (const value of name(row)) {
        const key = `${place} ${value}`;
        const known = numbers.get(key) ?? numbers.size;
        numbers.set(key, known);
        byRow[row]?.push(known);
      }
    }
  }
  return { count: numbers.size, of: (row) => byRow[row] ?? [] };
}

/** The names of a row's values in a column. */
function namer(column: SplitColumn, order: Uint32Array): (row: number) => readonly string[] {
  const found: number[] = [];
  const distinct = new Set<number>();
  for (let row = 0; row < order.length; row++) {
    const value = column.value(row);
    if (typeof value !== 'number') continue;
    found.push(value);
    if (distinct.size <= MANY) distinct.add(value);
  }
  if (distinct.size > MANY) {
    const sorted = Float64Array.from(found).sort();
    const bounds = Array.from(
      { length: TENTHS - 1 },
      (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / TENTHS)] as number,
    );
    return (row) => {
      const value = column.value(row);
      if (typeof value !== 'number') return [nameOf(value)];
      return [`tenth ${bounds.filter((bound) => value >= bound).length}`];
    };
  }
  return (row) => {
    const value = column.value(row);
    if (!Array.isArray(value)) return [nameOf(value)];
    return value.length === 0 ? ['none'] : [...new Set(value.map((one) => nameOf(one)))];
  };
}
