/** @file Options of task kinds: checked by zod, refused with a HeadgateError, kept as complete and normalised JSON. */
import { z } from 'zod';
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Json } from '../flow/graph.js';

/** Weight of a task in the total loss. */
export const taskWeight = z.number().nonnegative().default(1);

/** Share of the target that is spread over the other classes: 0 is none. */
export const labelSmoothing = z.number().min(0).lt(1).default(0);

/** Class names: not empty, no two the same. */
export function classNames(atLeast: number): z.ZodType<readonly string[]> {
  return z
    .array(z.string().min(1, 'a class name is empty'))
    .min(atLeast, `at least ${atLeast} ${atLeast === 1 ? 'class is' : 'classes are'} needed`)
    .superRefine((names, context) => {
      const seen = new Set<string>();
      const twice = names.find((name) => seen.size === seen.add(name).size);
      if (twice !== undefined) context.addIssue({ code: 'custom', message: `the class ${show(twice)} is there twice` });
    });
}

/** Parses options; throws `INVALID_OPTIONS` whose path is `kind.option`. */
export function parseOptions<Schema extends z.ZodObject>(
  kind: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined) {
    const known = Object.keys(schema.shape);
    throw new HeadgateError({
      code: 'INVALID_OPTIONS',
      path: `${kind}.${unknown}`,
      problem: `${kind} has no option ${show(unknown)}.`,
      expected: `some of: ${known.join(', ')}`,
      suggestion: didYouMean(unknown, known),
    });
  }
  const path = issue?.path ?? [];
  throw invalidOption(kind, path.join('.'), issue?.message ?? 'The options are not valid.', lookUp(options, path));
}

/** The error for one option, for checks that a schema cannot express. */
export function invalidOption(kind: string, option: string, problem: string, received: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: option === '' ? kind : `${kind}.${option}`,
    problem,
    received: show(received),
    mend: `See the options of ${kind}() for what is allowed.`,
  });
}

function lookUp(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

/**
 * One positive number per class, from one number for all, an array in class order, or a record by class name
 * (1 for those left out). Undefined when they all are 1, so that equal tasks have equal options.
 */
export function weightPerClass(
  kind: string,
  option: string,
  given: unknown,
  classes: readonly string[],
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const weights = classes.map((name, i) => {
    if (typeof given === 'number') return given;
    if (Array.isArray(given)) return given[i];
    return typeof given === 'object' && given !== null && Object.hasOwn(given, name) ? Reflect.get(given, name) : 1;
  });
  if (Array.isArray(given) ? given.length !== classes.length : typeof given !== 'number' && !isRecord(given)) {
    const expected = `a number for each of the ${classes.length} classes, or a record of them by name`;
    throw invalidOption(kind, option, `${option} must be ${expected}.`, given);
  }
  if (isRecord(given)) for (const name of Object.keys(given)) knownClass(`${kind}.${option}`, name, classes);
  const wrong = weights.findIndex((weight) => typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0);
  if (wrong >= 0) {
    const problem = `The weight of class ${show(classes[wrong])} must be a finite number, 0 or more.`;
    throw invalidOption(kind, option, problem, weights[wrong]);
  }
  return weights.every((weight) => weight === 1) ? undefined : weights;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The index of a class; throws `UNKNOWN_CLASS` with a suggestion. */
export function knownClass(path: string, name: unknown, classes: readonly string[]): number {
  const index = typeof name === 'string' ? placesOf(classes).get(name) : undefined;
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

/** Places by name, made once for a list of classes: labels look up one class a cell. */
const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

function placesOf(classes: readonly string[]): ReadonlyMap<string, number> {
  const known = places.get(classes) ?? new Map(classes.map((name, i) => [name, i]));
  places.set(classes, known);
  return known;
}

/** Class names for a message, at most 20. */
export function listed(classes: readonly string[]): string {
  const shown = classes.slice(0, 20).join(', ');
  return classes.length > 20 ? `${shown}, … (${classes.length} in all)` : shown;
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
