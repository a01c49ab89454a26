/** @file Each element's mean by how important it is in each model. Moving averages, of which nothing is known, by the plain mean. */
import { elementwise, importancesOf, type Merged, type MergeMethod, plainMean } from './method.js';
import type { Importances } from './options.js';

/** @throws HeadgateError what `importancesOf` throws */
export function importanceWeighted(merged: Merged, importances: readonly Importances[]): MergeMethod {
  const of = importancesOf(importances, merged);
  return {
    parameter: (name, values) => {
      const maps = of(name);
      return maps === null ? plainMean(values) : meanByElement(values, (model, i) => Number(maps[model]?.[i]));
    },
    average: (_, values) => plainMean(values),
  };
}

/** Σ weight · value / Σ weight of each element; its plain mean, and no NaN, where all weights are 0. */
export function meanByElement(
  values: readonly Float32Array[],
  weight: (model: number, i: number) => number,
): Float32Array {
  return elementwise(values[0]?.length ?? 0, (i) => {
    let [sum, total, plain] = [-0, 0, -0]; // so that the mean of -0 is -0
    for (let model = 0; model < values.length; model++) {
      const value = values[model]?.[i] ?? 0;
      const own = weight(model, i);
      plain += value;
      if (own === 0) continue; // what counts for nothing may be infinite
      sum += own * value;
      total += own;
    }
    return total === 0 ? plain / values.length : sum / total;
  });
}
