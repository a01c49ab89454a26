/** @file The mean of all models. */
import { type MergeMethod, plainMean } from './method.js';

export function average(): MergeMethod {
  const mean: MergeMethod['parameter'] = (_, values) => plainMean(values);
  return { parameter: mean, average: mean };
}
