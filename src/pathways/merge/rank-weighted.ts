/**
 * @file Each element's mean by the rank of its importance within its parameter; low ranks of all models but the first count
 * for nothing. Sparana's `rank_and_zero`, with biases.
 */
import { meanByElement } from './importance-weighted.js';
import { importancesOf, type Merged, type MergeMethod, plainMean, requireWithin } from './method.js';
import type { Importances } from './options.js';

/** @throws HeadgateError what `importancesOf` throws, `INVALID_OPTIONS` at `zero` */
export function rankWeighted(merged: Merged, importances: readonly Importances[], zero = 0): MergeMethod {
  const of = importancesOf(importances, merged);
  requireWithin('zero', zero, 0, 1);
  return {
    parameter: (name, values) => {
      const maps = of(name);
      if (maps === null) return plainMean(values);
      const ranks = maps.map((map, model) => trimmed(importanceRanks(map), model === 0 ? 0 : zero * map.length));
      return meanByElement(values, (model, i) => ranks[model]?.[i] ?? 0);
    },
    average: (_, values) => plainMean(values),
  };
}

/** 1 for the least to n for the greatest; of equal ones that with the lower index ranks higher, as selections take it first. */
export function importanceRanks(importances: ArrayLike<number>): Float64Array {
  const of = (i: number): number => importances[i] as number; // below its length
  const order = Uint32Array.from({ length: importances.length }, (_, i) => i).sort((a, b) => of(a) - of(b) || b - a);
  const ranks = new Float64Array(order.length);
  order.forEach((i, rank) => {
    ranks[i] = rank + 1;
  });
  return ranks;
}

function trimmed(ranks: Float64Array, least: number): Float64Array {
  return ranks.map((rank) => (rank < least ? 0 : rank));
}
