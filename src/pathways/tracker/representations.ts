/**
 * @file How far apart a layer holds what belongs to different classes or tasks: mean cosine distances, from one sum of unit
 * vectors a group: the mean of cos(a, b) over all pairs is (Σ a/|a|) · (Σ b/|b|) / (pairs), so that no pair is looked at.
 */
import { HeadgateError, show } from '../../errors.js';
import { type Matrix, requireMatrix } from '../matrix.js';

/** Rows that belong together; a row may be in several groups, as in several tasks. */
export type Group = ArrayLike<number>;

export interface Distances {
  /** Mean of 1 − cos between a row of one group and another row of the other, symmetric; null without such a pair. */
  readonly between: readonly (readonly (number | null)[])[];
  /** Pairs that were counted: each two different rows once. */
  readonly pairs: readonly (readonly number[])[];
  /** Of each group, rows that are 0 everywhere: they have no direction, and are left out. */
  readonly skipped: readonly number[];
}

/**
 * @param activations `[samples, units]`
 * @param groups row numbers, each group's without repetition
 * @throws HeadgateError `LENGTH_MISMATCH`, `UNKNOWN_ROW` at `groups[1][3]` for a row that is not there or there twice
 */
export function cosineDistances(activations: Matrix, groups: readonly Group[]): Distances {
  requireMatrix('activations', activations);
  const norms = rowNorms(activations);
  const members = groups.map((group, g) => requireRows(group, g, activations.rows));
  const directed = members.map((rows) => rows.filter((row) => norms[row] !== 0));
  const sums = directed.map((rows) => unitSum(activations, norms, rows));
  const counted = directed.map((rows, a) => directed.map((others, b) => pairsOf(rows, others, a === b)));
  return {
    between: counted.map((row, a) =>
      row.map(({ ordered, shared }, b) => {
        if (ordered === 0) return null;
        // A row with itself has the cosine 1, and is no pair.
        const cosines = dot(sums[a] ?? [], sums[b] ?? []) - shared;
        return 1 - cosines / ordered;
      }),
    ),
    pairs: counted.map((row) => row.map(({ pairs }) => pairs)),
    skipped: members.map((rows, g) => rows.length - (directed[g]?.length ?? 0)),
  };
}

/** Groups from a class number for each row; classes without rows are empty groups. @throws HeadgateError `INVALID_LABEL` */
export function groupsByClass(labels: ArrayLike<number>, classes: number): readonly Uint32Array[] {
  const groups: number[][] = Array.from({ length: classes }, () => []);
  for (let row = 0; row < labels.length; row++) {
    const group = groups[labels[row] ?? -1];
    if (group === undefined) {
      throw new HeadgateError({
        code: 'INVALID_LABEL',
        path: `labels[${row}]`,
        problem: 'there is no such class',
        expected: `a whole number from 0 to ${classes - 1}`,
        received: show(labels[row]),
      });
    }
    group.push(row);
  }
  return groups.map((group) => Uint32Array.from(group));
}

/** The mean of the distances between two different groups, over the pairs of groups that have one; null without. */
export function meanBetween({ between }: Distances): number | null {
  return meanOf(between.flatMap((row, a) => row.filter((_, b) => b > a)));
}

/** The mean of the distances within a group, over the groups of two rows or more; null without. */
export function meanWithin({ between }: Distances): number | null {
  return meanOf(between.map((row, a) => row[a] ?? null));
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Of a row with an infinity it is infinite, and of one with NaN NaN: such rows count, and show. */
function rowNorms({ rows, columns, data }: Matrix): Float64Array {
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += (data[row * columns + column] as number) ** 2; // within
    norms[row] = Math.sqrt(sum);
  }
  return norms;
}

function unitSum({ columns, data }: Matrix, norms: Float64Array, rows: readonly number[]): Float64Array {
  const sum = new Float64Array(columns);
  for (const row of rows) {
    const norm = norms[row] as number; // rows were checked
    for (let column = 0; column < columns; column++) {
      sum[column] = (sum[column] as number) + (data[row * columns + column] as number) / norm; // within both
    }
  }
  return sum;
}

/**
 * Pairs of different rows: `ordered` of those that the product of the sums goes through, without the `shared` rows' pairs
 * with themselves; `pairs` counts each two rows once.
 */
function pairsOf(rows: readonly number[], others: readonly number[], isSame: boolean) {
  const known = new Set(rows);
  const shared = isSame ? rows.length : others.filter((row) => known.has(row)).length;
  const ordered = rows.length * others.length - shared;
  // Two rows that both groups have are met in both orders.
  return { shared, ordered, pairs: ordered - (shared * (shared - 1)) / 2 };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function requireRows(group: Group, g: number, rows: number): readonly number[] {
  const known = new Set<number>();
  return Array.from(group, (row, i) => {
    if (Number.isInteger(row) && row >= 0 && row < rows && !known.has(row)) {
      known.add(row);
      return row;
    }
    throw new HeadgateError({
      code: 'UNKNOWN_ROW',
      path: `groups[${g}][${i}]`,
      problem: known.has(row) ? 'this row stands in the group twice' : 'there is no such row',
      expected: `different whole numbers from 0 to ${rows - 1}`,
      received: show(row),
    });
  });
}
