/** @file The mean by a weight a model. */
import { type Merged, type MergeMethod, meanBy, requireWeights } from './method.js';

/** @throws HeadgateError `INVALID_OPTIONS` at `weights` */
export function weighted(merged: Merged, given: readonly number[]): MergeMethod {
  const weights = requireWeights('weights', given, merged);
  const mean: MergeMethod['parameter'] = (_, values) => meanBy(values, weights);
  return { parameter: mean, average: mean };
}
