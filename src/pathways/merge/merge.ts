/** @file Merges models of one architecture into one, parameter by parameter, biases too. */
import type { HostTensor, HostTensors } from '../../engine/engine.js';
import { invalidOption } from '../../options.js';
import { bitsOf } from '../bits.js';
import type { Mask } from '../masks/mask.js';
import { requireSameParameters } from '../parameters.js';
import { average } from './average.js';
import { dare } from './dare.js';
import { fisherWeighted } from './fisher-weighted.js';
import { importanceWeighted } from './importance-weighted.js';
import type { Merged, MergeMethod } from './method.js';
import type { Merge } from './options.js';
import { rankWeighted } from './rank-weighted.js';
import { replace } from './replace.js';
import { slerp } from './slerp.js';
import { taskArithmetic } from './task-arithmetic.js';
import { ties } from './ties.js';
import { weighted } from './weighted.js';

export interface MergeRoles {
  /** Names of moving means and variances: they are merged by means alone, or a variance could fall below 0. Default: none. */
  readonly averages?: ReadonlySet<string> | undefined;
  /** What messages call the models. Default `models[0]`, `models[1]`, … */
  readonly labels?: readonly string[] | undefined;
}

export interface MergeResult {
  /** By name, in the first model's order. */
  readonly parameters: HostTensors;
  /** Parameters that are no float32 and not the same in all models: they have the first model's values. */
  readonly kept: readonly string[];
}

/**
 * One model out of several. It is computed in float64 and rounded once; models that are equal give the same model, to the
 * bit, where no base is extrapolated. What is no float32 (counters, flags) has no mean: the first model's stays.
 *
 * @param models by parameter; the first is the primary one
 * @throws HeadgateError `MERGE_MISMATCH` at the first parameter that the models have not in common; `INVALID_OPTIONS`,
 *   `INVALID_SCORE`, `MASK_MISMATCH` for options that do not fit
 * @example mergeParameters([first, second], { method: 'ties', base, density: 0.2 }).parameters
 */
export function mergeParameters(
  models: readonly HostTensors[],
  options: Merge<HostTensors, Mask>,
  { averages = new Set(), labels = models.map((_, i) => `models[${i}]`) }: MergeRoles = {},
): MergeResult {
  const [first] = models;
  if (first === undefined) throw invalidOption('models', models, { expected: 'at least one model' });
  for (const [i, model] of models.entries()) {
    requireSameParameters('MERGE_MISMATCH', first, model, labels[i] ?? `models[${i}]`);
  }
  const floats = Object.keys(first).filter((name) => first[name]?.dtype === 'float32');
  const names = floats.filter((name) => !averages.has(name));
  const method = methodFor({ models, names }, options, floats);
  const kept: string[] = [];
  const parameters = Object.entries(first).map(([name, own]): [string, HostTensor] => {
    const all = models.map((model) => (model[name] ?? own).data); // all have it
    const values = all.filter((data) => data instanceof Float32Array);
    if (values.length < all.length) {
      if (all.some((data) => !sameBits(own.data, data))) kept.push(name);
      return [name, { ...own, data: own.data.slice() }];
    }
    const data = averages.has(name) ? method.average(name, values) : method.parameter(name, values);
    return [name, { ...own, data }];
  });
  return { parameters: Object.fromEntries(parameters), kept };
}

/** @param floats names of everything that has a mean, moving averages too */
function methodFor(merged: Merged, options: Merge<HostTensors, Mask>, floats: readonly string[]): MergeMethod {
  switch (options.method) {
    case 'average':
      return average();
    case 'weighted':
      return weighted(merged, options.weights);
    case 'importance-weighted':
      return importanceWeighted(merged, options.importances);
    case 'fisher-weighted':
      return fisherWeighted(merged, options.importances, options.weights);
    case 'rank-weighted':
      return rankWeighted(merged, options.importances, options.zero);
    case 'task-arithmetic':
      return taskArithmetic(merged, options.base, options.scale);
    case 'ties':
      return ties(merged, options.base, options);
    case 'dare':
      return dare(merged, options.base, options);
    case 'slerp':
      return slerp(merged, options.t);
    case 'replace':
      return replace(merged, options.masks, floats);
  }
}

function sameBits(a: HostTensor['data'], b: HostTensor['data']): boolean {
  const [own, other] = [bitsOf(a), bitsOf(b)];
  return own.length === other.length && own.every((word, i) => word === other[i]);
}
