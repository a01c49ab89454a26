/** @file Orders of rows in which groups of them have shares that are not their sizes. */
import { HeadgateError, show } from '../../errors.js';
import { group, isRecord, number, type Option, option, recordOf } from '../../options.js';
import { permutation } from '../../random.js';
import { countsOf } from '../shares.js';

/**
 * What share of an epoch's rows each group has. `proportional`: that of its rows, so that each row comes once. `uniform`: the
 * same for all. `temperature` T: ∝ (its rows)^(1/T), 1 for proportional, towards uniform as it grows (Arivazhagan et al. 2019,
 * arXiv 1907.05019, section 4). `shares`: these, by name; they add up to 1.
 */
export type Sampling =
  | 'proportional'
  | 'uniform'
  | { readonly temperature: number }
  | { readonly shares: Readonly<Record<string, number>> };

const named: Option<'proportional' | 'uniform'> = option(
  'proportional or uniform',
  (given): given is 'proportional' | 'uniform' => given === 'proportional' || given === 'uniform',
);
const byTemperature = group({ temperature: number({ above: 0 }) });
const byShares = group({ shares: recordOf(number({ above: 0 })) });

export const samplingOption: Option<Sampling> = {
  expected: 'proportional, uniform, { temperature } or { shares }',
  read: (given, path) => {
    if (!isRecord(given)) return named.read(given, path);
    return 'temperature' in given ? byTemperature.read(given, path) : byShares.read(given, path);
  },
};

/** A group of which only the number of rows is known. */
export interface Sized {
  readonly name: string;
  readonly rows: { readonly length: number };
}

export interface Group extends Sized {
  /** Its rows, as the source numbers them. */
  readonly rows: Uint32Array;
}

/**
 * Of an epoch's rows, as many as all groups have, exactly these counts: shares rounded by largest remainders.
 *
 * @param where for messages
 * @throws HeadgateError `INVALID_SPLIT` for shares that are not of these groups or do not add up to 1, and for a group that
 *   would have no rows
 */
export function groupCounts(groups: readonly Sized[], sampling: Sampling, where: string): readonly number[] {
  const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const shares = sharesOf(groups, sampling, where);
  const counts = countsOf(shares, total);
  const empty = groups.findIndex((one, i) => counts[i] === 0 || one.rows.length === 0);
  if (empty < 0) return counts;
  throw refused(
    where,
    `${groups[empty]?.name} would have no rows`,
    'a row of each at least',
    `${counts[empty]} of ${total}`,
  );
}

export function sharesOf(groups: readonly Sized[], sampling: Sampling, where: string): readonly number[] {
  if (typeof sampling === 'object' && 'shares' in sampling) {
    const { shares } = sampling;
    const names = groups.map(({ name }) => name);
    const sum = Object.values(shares).reduce((a, b) => a + b, 0);
    const isWhole = Math.abs(sum - 1) < 1e-9 && names.length === Object.keys(shares).length;
    if (!isWhole || !names.every((name) => Object.hasOwn(shares, name))) {
      throw refused(
        where,
        'the shares do not make a whole',
        `a share for each of ${names.join(', ')}, 1 in all`,
        show(shares),
      );
    }
    return names.map((name) => (shares[name] as number) / sum); // each has one
  }
  const power = sampling === 'proportional' ? 1 : sampling === 'uniform' ? 0 : 1 / sampling.temperature;
  const weights = groups.map(({ rows }) => rows.length ** power);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * The rows of an epoch in random order. Each group gives its rows in an order of its own, and begins another when all were
 * given, in this epoch or a later one: over epochs, no row of a group comes more than once more than another.
 */
export function groupedOrder(
  groups: readonly Group[],
  counts: readonly number[],
  seed: number,
  epoch: number,
): Uint32Array {
  const total = counts.reduce((a, b) => a + b, 0);
  const drawn = new Uint32Array(total);
  let at = 0;
  for (const [i, { name, rows }] of groups.entries()) {
    const count = counts[i] as number; // one each
    const start = epoch * count;
    let turn = -1;
    let order: Uint32Array = new Uint32Array(0);
    for (let k = start; k < start + count; k++) {
      const own = Math.floor(k / rows.length);
      if (own !== turn) {
        turn = own;
        order = permutation(rows.length, { seed, stream: `sample/${name}`, counter: turn });
      }
      drawn[at++] = rows[order[k % rows.length] as number] as number; // within the group
    }
  }
  const order = permutation(total, { seed, stream: 'sample', counter: epoch });
  return order.map((place) => drawn[place] as number); // a permutation of them
}

function refused(path: string, problem: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_SPLIT', path, problem, expected, received });
}
