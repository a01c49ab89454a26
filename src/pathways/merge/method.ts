/** @file What a way to merge is, and what all of them share. */
import type { HostTensors } from '../../engine/engine.js';
import { didYouMean, HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import type { Importances } from './options.js';

/** One array a model, all of one length. */
export type Values = readonly Float32Array[];

/** A way to merge, with its options. Gives new arrays. */
export interface MergeMethod {
  /** One trained parameter. */
  readonly parameter: (name: string, values: Values) => Float32Array;
  /**
   * A moving mean or variance. It is never taken beyond the models' own, as by a sum of changes it could be: a variance must
   * not fall below 0.
   */
  readonly average: (name: string, values: Values) => Float32Array;
}

/** Whose parameters are merged. */
export interface Merged {
  /** All have the same parameters. */
  readonly models: readonly HostTensors[];
  /** Names of the parameters that a method merges one by one, in the models' order. */
  readonly names: readonly string[];
}

/** Each element by `of`, its place; computed in float64, and rounded once. */
export function elementwise(length: number, of: (i: number) => number): Float32Array {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = of(i);
  return data;
}

/** The mean by weights of 0 or more. A model of weight 0 takes no part, be its value infinite. */
export function meanBy(values: Values, weights: readonly number[]): Float32Array {
  const counted = values.flatMap((data, model) => {
    const weight = weights[model] ?? 0;
    return weight === 0 ? [] : [{ data, weight }];
  });
  const [first, ...others] = counted;
  if (first !== undefined && others.length === 0) return first.data.slice();
  const total = counted.reduce((sum, { weight }) => sum + weight, 0);
  return elementwise(values[0]?.length ?? 0, (i) => {
    let sum = -0; // so that the mean of -0 is -0
    for (const { data, weight } of counted) sum += weight * (data[i] as number); // all of one length
    return sum / total;
  });
}

export function plainMean(values: Values): Float32Array {
  return meanBy(
    values,
    values.map(() => 1),
  );
}

/** @throws HeadgateError `INVALID_OPTIONS` at `path` unless there is one for each model, of 0 or more, not all 0 */
export function requireWeights(path: string, weights: readonly number[], { models }: Merged): readonly number[] {
  const fits = weights.length === models.length && weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  if (fits && weights.some((weight) => weight > 0)) return weights;
  throw invalidOption(path, weights, { expected: `${models.length} numbers of 0 or more, one a model, not all 0` });
}

/** @throws HeadgateError `INVALID_OPTIONS` at `path` for what is not from `least` to `most` */
export function requireWithin(path: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw invalidOption(path, value, { expected: `a number from ${least} to ${most}` });
}

/** @throws HeadgateError `INVALID_OPTIONS` at `path` for a number that is not finite */
export function requireFinite(path: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw invalidOption(path, value, { expected: 'a number' });
}

/** @throws HeadgateError `INVALID_OPTIONS` at `method` unless there are two models */
export function requireTwo(method: string, { models }: Merged): void {
  if (models.length === 2) return;
  throw invalidOption('method', method, {
    expected: `two models for ${method}, and not ${models.length}`,
    mend: 'Merge them one after another, or by another method.',
  });
}

/**
 * By parameter, each model's importances in the order of the models; null for a parameter that no model has any of.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for another number of maps than models; `MERGE_MISMATCH` for a name that no parameter
 *   bears, one that is not in all maps, another number of values; `INVALID_SCORE` for a value that is no number of 0 or more
 */
export function importancesOf(
  importances: readonly Importances[],
  { models, names }: Merged,
): (name: string) => readonly ArrayLike<number>[] | null {
  if (importances.length !== models.length) {
    throw invalidOption('importances', `${importances.length} maps`, {
      expected: `${models.length} maps, one a model`,
    });
  }
  const known = new Set(names);
  importances.forEach((map, m) => {
    for (const [name, values] of Object.entries(map)) {
      if (!known.has(name)) throw unknownName(`importances[${m}].${name}`, name, names);
      const length = models[0]?.[name]?.data.length ?? 0;
      if (values.length !== length) throw mismatch(`importances[${m}].${name}`, `${length} values`, `${values.length}`);
      requireImportances(`importances[${m}].${name}`, values);
      const without = importances.findIndex((other) => !Object.hasOwn(other, name));
      if (without >= 0) throw mismatch(`importances[${without}].${name}`, 'the same parameters in all maps', 'none');
    }
  });
  return (name) => {
    const maps = importances.flatMap((map) => (Object.hasOwn(map, name) ? [map[name] as ArrayLike<number>] : [])); // it has it
    return maps.length === 0 ? null : maps;
  };
}

function requireImportances(path: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number; // below its length
    if (value >= 0 && value < Number.POSITIVE_INFINITY) continue;
    throw new HeadgateError({
      code: 'INVALID_SCORE',
      path: `${path}[${i}]`,
      problem: 'this is no importance',
      expected: 'a number of 0 or more',
      received: String(value),
    });
  }
}

export function unknownName(path: string, name: string, names: readonly string[]): HeadgateError {
  return new HeadgateError({
    code: 'MERGE_MISMATCH',
    path,
    problem: 'no parameter that is merged has this name',
    expected: `some of ${names.join(', ')}`,
    received: name,
    suggestion: didYouMean(name, names),
  });
}

function mismatch(path: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({ code: 'MERGE_MISMATCH', path, problem: 'the importances do not fit', expected, received });
}
