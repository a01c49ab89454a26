/** @file Options that task kinds share, beside those of `src/options.ts`; kept as complete and normalised JSON. */
import { didYouMean, HeadgateError, listed, show } from '../errors.js';
import type { Json } from '../flow/graph.js';
import { invalidOption, isRecord, listOf, number, type Option, oneOf, text, withDefault } from '../options.js';

/** Weight of a task in the total loss. */
export const taskWeight = withDefault(number({ least: 0 }), 1);

/** Share of the target that is spread over the other classes: 0 is none. */
export const labelSmoothing = withDefault(number({ least: 0, below: 1 }), 0);

/** Weights that the labels of the first fit decide. */
export const balanced: Option<'balanced'> = oneOf(['balanced']);

/** Class names: not empty, no two the same. */
export function classNames(least: number): Option<readonly string[]> {
  const { expected, read } = listOf(text, { least });
  return {
    expected,
    read: (given, path) => {
      const names = read(given, path);
      const seen = new Set<string>();
      const twice = names.find((name) => seen.size === seen.add(name).size);
      if (twice === undefined) return names;
      throw invalidOption(path, given, {
        expected: 'different names',
        problem: `the class ${show(twice)} is there twice`,
      });
    },
  };
}

/**
 * One number from 0 on per class, from one number for all, an array in class order, or a record by class name (1 for
 * those left out). Undefined when they all are 1, so that equal tasks have equal options.
 *
 * @param path of the option: `classification.classWeights`
 * @param given no `'balanced'`: who allows it has asked
 */
export function weightPerClass(
  path: string,
  given: unknown,
  classes: readonly string[],
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const expected = `a number from 0 on, one for each of the ${classes.length} classes, a record of them by name, or 'balanced'`;
  if (Array.isArray(given) ? given.length !== classes.length : typeof given !== 'number' && !isRecord(given)) {
    throw invalidOption(path, given, { expected });
  }
  if (isRecord(given)) for (const name of Object.keys(given)) knownClass(path, name, classes);
  const weights = classes.map((name, i): unknown => {
    if (Array.isArray(given)) return given[i];
    return isRecord(given) ? (Object.hasOwn(given, name) ? given[name] : 1) : given;
  });
  const read = weights.map((weight, i) => {
    if (typeof weight === 'number' && Number.isFinite(weight) && weight >= 0) return weight;
    throw invalidOption(path, weight, { expected, problem: `the weight of class ${show(classes[i])} does not fit` });
  });
  return read.every((weight) => weight === 1) ? undefined : read;
}

/** The index of a class; throws `UNKNOWN_CLASS` with a suggestion. */
export function knownClass(path: string, name: unknown, classes: readonly string[]): number {
  const index = placeOfClass(name, classes);
  if (index !== undefined) return index;
  throw new HeadgateError({
    code: 'UNKNOWN_CLASS',
    path,
    problem: `There is no class ${show(name)}.`,
    expected: `one of: ${listed(classes)}`,
    received: show(name),
    suggestion: typeof name === 'string' ? didYouMean(name, classes) : undefined,
  });
}

/** The index of a class; undefined for what is none. */
export function placeOfClass(name: unknown, classes: readonly string[]): number | undefined {
  return typeof name === 'string' ? placesOf(classes).get(name) : undefined;
}

/** Places by name, made once for a list of classes: labels look up one class a cell. */
const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

function placesOf(classes: readonly string[]): ReadonlyMap<string, number> {
  const known = places.get(classes) ?? new Map(classes.map((name, i) => [name, i]));
  places.set(classes, known);
  return known;
}

/** Options as frozen JSON; those that are undefined (at their default) are left out. */
export function optionsJson(fields: Readonly<Record<string, Json | undefined>>): Json {
  const kept: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = frozen(value);
  return Object.freeze(kept);
}

function frozen(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

/** `value`, or undefined where it is the default. */
export function unless<T>(usual: T, value: T): T | undefined {
  return value === usual ? undefined : value;
}
