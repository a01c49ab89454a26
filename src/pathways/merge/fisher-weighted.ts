/**
 * @file Each element's mean by its Fisher information: the maximum of the product of the models' Gaussian posteriors (Matena
 * and Raffel, NeurIPS 2022, equation 3), times a weight a model.
 */
import { meanByElement } from './importance-weighted.js';
import { importancesOf, type Merged, type MergeMethod, meanBy, plainMean, requireWeights } from './method.js';
import type { Importances } from './options.js';

/** @throws HeadgateError what `importancesOf` throws, `INVALID_OPTIONS` at `weights` */
export function fisherWeighted(
  merged: Merged,
  importances: readonly Importances[],
  given: readonly number[] | undefined,
): MergeMethod {
  const of = importancesOf(importances, merged);
  const weights = given === undefined ? null : requireWeights('weights', given, merged);
  const mean = (values: readonly Float32Array[]): Float32Array =>
    weights === null ? plainMean(values) : meanBy(values, weights);
  return {
    parameter: (name, values) => {
      const maps = of(name);
      if (maps === null) return mean(values);
      return meanByElement(values, (model, i) => (weights?.[model] ?? 1) * Number(maps[model]?.[i]));
    },
    average: (_, values) => mean(values),
  };
}
