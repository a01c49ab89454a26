/** @file What a column of numbers can be scaled by: each learns from a summary, and reads back what it learnt. */
import type { Json } from '../../flow/graph.js';
import type { SummaryFold } from '../encoders/column-summary.js';
import { invalidLearnt } from './invalid-cell.js';
import { fieldOf, isFiniteNumber, readStandard, shown, standardOf, standardSays, standardValue } from './standard.js';

export type NumberScaling = 'standardise' | 'quantiles' | 'none';

interface Scaling {
  readonly learn: (values: SummaryFold) => Json;
  readonly read: (learnt: Json) => ReadScaling;
}

interface ReadScaling {
  readonly scaled: (value: number) => number;
  /** What stands for a missing number: the median, scaled. */
  readonly fill: number;
  readonly says: string;
}

/** Before anything was learnt. */
const AS_IT_IS: ReadScaling = Object.freeze({ scaled: (value: number) => value, fill: 0, says: '' });

/** Numbers are compared with 101 of the training rows': a hundredth of the rows lies between two of them. */
const SHARES: readonly number[] = Object.freeze(Array.from({ length: 101 }, (_, i) => i / 100));

export const scalings: Readonly<Record<NumberScaling, Scaling>> = {
  standardise: {
    learn: (values) => ({ ...standardOf(values) }),
    read: (learnt) => {
      if (learnt === null) return AS_IT_IS;
      const standard = readStandard('number', learnt);
      return { scaled: (value) => standardValue(value, standard), fill: 0, says: standardSays(standard) };
    },
  },
  quantiles: {
    learn: (values) => ({ quantiles: values.count() === 0 ? [] : [...values.quantiles(SHARES)] }),
    read: (learnt) => {
      if (learnt === null) return AS_IT_IS;
      const quantiles = readQuantiles(learnt);
      const median = quantiles[(SHARES.length - 1) / 2];
      if (median === undefined) return { scaled: () => 0, fill: 0, says: 'no values' };
      const scaled = (value: number): number => (2 * shareBelow(value, quantiles) - 1) * Math.sqrt(3);
      const [least, greatest] = [quantiles[0] as number, quantiles.at(-1) as number]; // there are 101
      const says = `quantiles from ${shown(least)} over ${shown(median)} to ${shown(greatest)}`;
      return { scaled, fill: scaled(median), says };
    },
  },
  none: {
    learn: (values) => ({ median: values.count() === 0 ? 0 : (values.quantiles([0.5])[0] as number) }), // one for each share
    read: (learnt) => {
      if (learnt === null) return AS_IT_IS;
      const median = fieldOf(learnt, 'median');
      if (!isFiniteNumber(median)) throw invalidLearnt('number', learnt, '{ median }, a finite number');
      return { scaled: (value) => value, fill: median, says: `median ${shown(median)}` };
    },
  },
};

function readQuantiles(learnt: Json): readonly number[] {
  const given = fieldOf(learnt, 'quantiles');
  const isRising =
    Array.isArray(given) &&
    (given.length === 0 || given.length === SHARES.length) &&
    given.every((value: unknown, i) => isFiniteNumber(value) && (i === 0 || value >= Number(given[i - 1])));
  if (!isRising)
    throw invalidLearnt('number', learnt, `{ quantiles }: ${SHARES.length} finite numbers that rise, or none`);
  return given;
}

/**
 * The share of the training rows below a value, linear between quantiles. Where several quantiles are the value, the middle
 * of their shares: of a value that half of the rows have, each is at the middle of that half.
 */
function shareBelow(value: number, quantiles: readonly number[]): number {
  const last = quantiles.length - 1;
  const [below, notAbove] = [firstWhere(quantiles, (q) => q >= value), firstWhere(quantiles, (q) => q > value)];
  if (below < notAbove) return (below + notAbove - 1) / 2 / last;
  if (below === 0) return 0;
  if (below > last) return 1;
  const [low, high] = [quantiles[below - 1] as number, quantiles[below] as number]; // value lies between them
  return (below - 1 + (value - low) / (high - low)) / last;
}

/** The first place in a rising list from which on `holds` is true; the list's length where it is nowhere. */
function firstWhere(list: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle] as number))
      high = middle; // within the list
    else low = middle + 1;
  }
  return low;
}
