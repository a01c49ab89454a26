/** @file Dividing rows into parts, the same way for the same rows, columns and seed: every row lands in exactly one. */
import { HeadgateError, show } from '../../errors.js';
import { either, invalidOption, listOf, optional, readOptions, text, wholeNumber } from '../../options.js';
import { permutation } from '../../random.js';
import { byGroup } from './by-group.js';
import { byKey } from './by-key.js';
import { byStrata } from './by-strata.js';
import { byTime } from './by-time.js';
import type { Parts, SplitColumn } from './parts.js';

export type SplitOptions = RandomSplit | TimeSplit;

interface RandomSplit {
  /** Any safe integer. Equal seeds divide equally. */
  readonly seed: number;
  /**
   * Columns whose values have the same shares in every part as near as can be, all of them at once; missing is a value like
   * others, each element of a list one, and numbers of many values count by tenths (iterative stratification: Sechidis,
   * Tsoumakas & Vlahavas, ECML PKDD 2011). Parts have the sizes that they have without it.
   */
  readonly stratify?: string | readonly string[] | undefined;
  /** A column: rows of one value all land in one part, which may make parts larger or smaller. Missing is a value of its own row. */
  readonly group?: string | undefined;
  /**
   * A column of unique names: which part a row lands in follows from its name and the seed alone, whatever the other rows are, so that
   * it stays there when rows come and go. Sizes are then near the shares, not exact.
   */
  readonly key?: string | undefined;
  readonly time?: undefined;
}

interface TimeSplit {
  /** A column of dates or numbers: the first part has the earliest rows, and equal times land in one part. */
  readonly time: string;
  readonly seed?: undefined;
  readonly stratify?: undefined;
  readonly group?: undefined;
  readonly key?: undefined;
}

const columnNames = either(text, listOf(text, { least: 1 }));
const splitSchema = {
  seed: optional(wholeNumber()),
  stratify: optional(columnNames),
  group: optional(text),
  key: optional(text),
  time: optional(text),
};

export interface SplitTable {
  readonly rows: number;
  /** @throws HeadgateError `UNKNOWN_COLUMN` */
  readonly column: (name: string) => SplitColumn;
}

/**
 * Rows of each part, in random order; by time, in that order. Without further options part k ends at round(rows × sum of the
 * shares up to k), so that no part is off by more than one.
 *
 * @throws HeadgateError `INVALID_SPLIT`, `INVALID_OPTIONS`, `UNKNOWN_COLUMN`
 */
export function splitRows(
  table: SplitTable,
  shares: Readonly<Record<string, number>>,
  options: SplitOptions,
): [string, Uint32Array][] {
  const given: unknown = options; // from untyped code it may be left out
  if (given === undefined)
    throw invalidOption('split.seed', given, { expected: 'a second argument, e.g. { seed: 1 }' });
  const aliases = { random_state: 'seed', randomState: 'seed' } as const;
  const { seed, ...ways } = readOptions('split', splitSchema, given, aliases);
  const parts = partsOf(shares, table.rows);
  const chosen = Object.entries(ways).filter(([, way]) => way !== undefined);
  if (chosen.length > 1) {
    throw invalidOption(
      `split.${chosen[1]?.[0]}`,
      chosen.map(([name]) => name),
      { expected: 'one of stratify, group, key and time' },
    );
  }
  const { stratify, group, key, time } = ways;
  if (time !== undefined) {
    if (seed !== undefined) throw invalidOption('split.seed', seed, { expected: 'no seed where `time` is the order' });
    return named(parts, byTime(table.column(time), time, parts));
  }
  if (seed === undefined) throw invalidOption('split.seed', seed, { expected: 'a whole number, e.g. { seed: 1 }' });
  if (key !== undefined) return named(parts, byKey(table.column(key), key, parts, seed));
  const order = permutation(table.rows, { seed, stream: 'split', counter: 0 });
  if (group !== undefined) return named(parts, byGroup(table.column(group), order, parts));
  if (stratify !== undefined) {
    const columns = [stratify].flat().map((name) => table.column(name));
    return named(parts, byStrata(columns, order, parts));
  }
  return named(
    parts,
    parts.ends.map((end, part) => order.subarray(parts.ends[part - 1] ?? 0, end)),
  );
}

function partsOf(shares: Readonly<Record<string, number>>, rows: number): Parts {
  const entries = typeof shares === 'object' && !Array.isArray(shares) ? Object.entries(shares ?? {}) : [];
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  if (entries.some(([, share]) => !(share > 0)) || !(Math.abs(total - 1) < 1e-9)) {
    throw new HeadgateError({
      code: 'INVALID_SPLIT',
      path: 'split',
      problem: 'The shares do not divide the rows.',
      expected: 'positive numbers that add up to 1',
      received: show(shares),
      mend: 'For example { train: 0.8, validation: 0.1, test: 0.1 }.',
    });
  }
  let sum = 0;
  const bounds = entries.map(([, share], part) => {
    sum += share;
    return part === entries.length - 1 ? 1 : sum;
  });
  return { names: entries.map(([name]) => name), bounds, ends: bounds.map((bound) => Math.round(rows * bound)) };
}

function named({ names }: Parts, rows: readonly Uint32Array[]): [string, Uint32Array][] {
  return names.map((name, part) => [name, rows[part] as Uint32Array]); // one each
}
