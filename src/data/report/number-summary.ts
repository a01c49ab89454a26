/** @file What the numbers of a column, or the labels of a regression, are like. */
import type { SummaryFold } from '../encoders/column-summary.js';

export interface NumberSummary {
  readonly count: number;
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
  /** Root of the mean squared distance from the mean. */
  readonly deviation: number;
  /** Linear between neighbours; of a uniform sample where there are more than 65,536 numbers. */
  readonly quartiles: readonly [number, number, number];
}

/** Numbers that quartiles are taken of, at most. */
export const KEPT_NUMBERS = 2 ** 16;

/** Null where there were no numbers. */
export function summaryOf(fold: SummaryFold): NumberSummary | null {
  if (fold.count() === 0) return null;
  const { count, least, greatest, mean, deviation, quartiles } = fold.result();
  return Object.freeze({ count, least, greatest, mean, deviation, quartiles: Object.freeze(quartiles) });
}
