/** @file Whether one number of each row tells its label: pure questions about two lists. */

/**
 * `affine`: the labels are a multiple of the numbers, but for an offset. `apart`: each class has a range of the numbers
 * for itself, as by thresholds or by a map from one to one. `constant`: each class has one number, as a flag for a class has.
 */
export type Told = 'affine' | 'apart' | 'constant';

/** A class, or a value of the numbers, that fewer rows have says nothing. */
const LEAST_OF_ONE = 10;

/** float32 rounds the numbers: what is left of a correlation of 1. */
const ROUNDING = 1e-9;

/** Rows that are asked first: nearly always they say no. */
const FIRST = 20;

export function isAffine(values: readonly number[], labels: readonly number[], rows: readonly number[]): boolean {
  const isOne = (some: readonly number[]): boolean => Math.abs(correlation(values, labels, some)) > 1 - ROUNDING;
  return isOne(rows.slice(0, FIRST)) && isOne(rows);
}

/** Pearson's, in two passes; 0 where either does not vary. */
function correlation(a: readonly number[], b: readonly number[], rows: readonly number[]): number {
  const meanOf = (list: readonly number[]): number =>
    rows.reduce((sum, row) => sum + (list[row] as number), 0) / rows.length; // rows of both lists
  const meanA = meanOf(a);
  const meanB = meanOf(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (const row of rows) {
    const da = (a[row] as number) - meanA; // likewise
    const db = (b[row] as number) - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** Rows with their classes, in an order in which the commonest take turns: two that overlap are soon found out. */
export interface Classes {
  readonly rows: readonly number[];
  /** Of each of `rows`: 0 is the commonest. */
  readonly classes: readonly number[];
  readonly count: number;
}

/** Null where fewer than two classes have ten rows each: one class is always apart from rare ones. */
export function classesOf(labels: readonly number[], rows: readonly number[]): Classes | null {
  const byLabel = new Map<number, number[]>();
  for (const row of rows) {
    const label = labels[row] as number; // rows of the labels
    const own = byLabel.get(label);
    if (own === undefined) byLabel.set(label, [row]);
    else own.push(row);
  }
  const groups = [...byLabel.values()].sort((a, b) => b.length - a.length);
  if ((groups[1]?.length ?? 0) < LEAST_OF_ONE) return null;
  const pairs = groups.flatMap((group, k) => group.map((row, turn) => ({ row, k, turn })));
  pairs.sort((a, b) => a.turn - b.turn || a.k - b.k);
  return { rows: pairs.map(({ row }) => row), classes: pairs.map(({ k }) => k), count: groups.length };
}

export function tellsClasses(values: readonly number[], { rows, classes, count }: Classes): Told | null {
  const least = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const greatest = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  let isConstant = true;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] as number] as number; // i < length; rows of the values, each with a class
    const own = classes[i] as number;
    isConstant &&= greatest[own] === Number.NEGATIVE_INFINITY || greatest[own] === value;
    if (value < (least[own] as number)) least[own] = value;
    if (value > (greatest[own] as number)) greatest[own] = value;
    if (!isConstant && overlap(least, greatest, 0, 1)) return null;
  }
  const order = Array.from(least.keys()).sort((a, b) => (least[a] as number) - (least[b] as number));
  if (order.every((k, i) => i === 0 || !overlap(least, greatest, order[i - 1] as number, k))) return 'apart';
  return isConstant && variesOften(values, rows) ? 'constant' : null;
}

/** Whether the ranges of two classes meet; those of a class that was not seen meet none. */
function overlap(least: Float64Array, greatest: Float64Array, a: number, b: number): boolean {
  return (least[a] as number) <= (greatest[b] as number) && (least[b] as number) <= (greatest[a] as number); // both classes
}

/** Whether two values at least stand in ten rows each. */
function variesOften(values: readonly number[], rows: readonly number[]): boolean {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(values[row] as number, (counts.get(values[row] as number) ?? 0) + 1); // likewise
  return [...counts.values()].filter((count) => count >= LEAST_OF_ONE).length > 1;
}
