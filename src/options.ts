/**
 * @file Options that a user gives: one schema a verb, kind or function. A name that is misspelt, a value of the wrong
 * type or out of range, is refused with `INVALID_OPTIONS` at `predict.probabilites`, and never passed over.
 */
import { didYouMean, HeadgateError, listed, show } from './errors.js';

/** How one option is checked and read. Pure; the readers below make them, `optional` and `withDefault` wrap them. */
export interface Option<T> {
  /** What fits, for messages: `a whole number from 1 on`. */
  readonly expected: string;
  /** The option as it is used. Throws `INVALID_OPTIONS` at `path`. */
  readonly read: (given: unknown, path: string) => T;
}

/** Options by name, in the order in which messages list them. */
export type OptionSchema = Readonly<Record<string, Option<unknown>>>;

/** What reading by a schema gives: every option is there, undefined where it is optional and was left out. */
export type OptionsOf<S extends OptionSchema> = { readonly [K in keyof S]: S[K] extends Option<infer T> ? T : never };

/**
 * Reads a record of options. What is undefined counts as left out.
 *
 * @param path whose options they are, as a user calls it: `fit`, `adamW`, `binary`
 * @param otherWords what other packages call an option: `{ separator: 'delimiter' }`
 * @throws HeadgateError `INVALID_OPTIONS` at `path` for what is no record, at `path.name` for an option
 * @example
 * const schema = { epochs: withDefault(wholeNumber({ least: 1 }), 10), signal: optional(instance(AbortSignal)) };
 * const { epochs, signal } = readOptions('fit', schema, given);
 */
export function readOptions<const S extends OptionSchema>(
  path: string,
  schema: S,
  given: unknown,
  otherWords: Readonly<Record<string, string>> = {},
): OptionsOf<S> {
  const names = Object.keys(schema);
  if (!isRecord(given)) {
    throw invalidOption(path, given, { expected: `a record of options: ${listed(names)}` });
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) throw unknownOption(path, name, names, otherWords);
  }
  const read: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(schema)) {
    read[name] = option.read(Reflect.get(given, name), path === '' ? name : `${path}.${name}`);
  }
  return read as OptionsOf<S>; // read key by key, each as its own option says
}

/** What was expected of an option that does not fit, and what else there is to say. */
export interface OptionComplaint {
  readonly expected: string;
  /** Default: "this option does not fit". */
  readonly problem?: string;
  readonly mend?: string;
  readonly suggestion?: string | undefined;
}

/** The error for one option, also for checks that no schema can express. */
export function invalidOption(path: string, received: unknown, complaint: OptionComplaint): HeadgateError {
  const problem = received === undefined ? 'this option is needed' : 'this option does not fit';
  return new HeadgateError({ code: 'INVALID_OPTIONS', path, problem, received: show(received), ...complaint });
}

function unknownOption(
  path: string,
  name: string,
  names: readonly string[],
  otherWords: Readonly<Record<string, string>>,
): HeadgateError {
  const own = Object.hasOwn(otherWords, name) ? otherWords[name] : undefined;
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `${path}.${name}`,
    problem: `${path} has no option ${show(name)}`,
    expected: names.length === 0 ? 'no options' : `some of: ${listed(names)}`,
    received: show(name),
    suggestion: own ?? names.find((known) => abbreviates(name, known)) ?? didYouMean(name, names),
  });
}

/** `lr` for `learningRate`, `eps` for `epsilon`: edit distance does not see these. */
function abbreviates(short: string, name: string): boolean {
  const initials = `${name.slice(0, 1)}${name.slice(1).replace(/[^A-Z]/g, '')}`.toLowerCase();
  const own = short.toLowerCase();
  return own.length > 1 && (initials === own || name.toLowerCase().startsWith(own));
}

/**
 * A record as a literal makes it, an object of a user's own class, or a module. A `Map`, a promise or a date has no names
 * of its own: as a record it would say nothing, in silence.
 */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && RECORDS.has(Object.prototype.toString.call(value));
}

const RECORDS = new Set(['[object Object]', '[object Module]']);

/** An option that `accepts` says fits; `expected` says what does. */
export function option<T>(expected: string, accepts: (given: unknown) => given is T): Option<T> {
  return Object.freeze({
    expected,
    read: (given: unknown, path: string): T => {
      if (accepts(given)) return given;
      throw invalidOption(path, given, { expected });
    },
  });
}

/** Left out: undefined. */
export function optional<T>({ expected, read }: Option<T>): Option<T | undefined> {
  return { expected, read: (given, path) => (given === undefined ? undefined : read(given, path)) };
}

/** Left out: `usual`. */
export function withDefault<T>({ expected, read }: Option<T>, usual: T): Option<T> {
  return { expected, read: (given, path) => (given === undefined ? usual : read(given, path)) };
}

/** Null is allowed, too. */
export function nullable<T>(own: Option<T>): Option<T | null> {
  return either(
    own,
    option('null', (given): given is null => given === null),
  );
}

export interface Range {
  readonly least?: number;
  readonly most?: number;
  readonly above?: number;
  readonly below?: number;
}

/** A finite number within the range. */
export function number(range: Range = {}): Option<number> {
  const expected = rangeText('a number', range);
  return option(expected, (given): given is number => typeof given === 'number' && isWithin(given, range));
}

/** An integer that JavaScript holds exactly, within the range. */
export function wholeNumber(range: Range = {}): Option<number> {
  const expected = rangeText('a whole number', range);
  return option(expected, (given): given is number => Number.isSafeInteger(given) && isWithin(Number(given), range));
}

function isWithin(value: number, { least, most, above, below }: Range): boolean {
  if (!Number.isFinite(value)) return false;
  if (least !== undefined && value < least) return false;
  if (most !== undefined && value > most) return false;
  return !(above !== undefined && value <= above) && !(below !== undefined && value >= below);
}

/** `a number above 0 and below 1`, `a whole number from 1 on`, `a number from 0 to 1`. */
function rangeText(what: string, { least, most, above, below }: Range): string {
  const low = above !== undefined ? `above ${above}` : least !== undefined ? `from ${least}` : '';
  const high =
    below !== undefined ? `below ${below}` : most !== undefined ? `${least === undefined ? 'up ' : ''}to ${most}` : '';
  const start = low !== '' && high === '' && above === undefined ? `${low} on` : low;
  const joint = start !== '' && high.startsWith('below') ? ' and ' : ' ';
  return [what, [start, high].filter((part) => part !== '').join(joint)].filter((part) => part !== '').join(' ');
}

export const flag: Option<boolean> = option('true or false', (given) => typeof given === 'boolean');

/** A string that is not empty. */
export const text: Option<string> = option(
  'a string that is not empty',
  (given): given is string => typeof given === 'string' && given !== '',
);

/** A function; its own types are the compiler's business. */
export function callback<F extends (...args: never[]) => unknown>(): Option<F> {
  return option('a function', (given): given is F => typeof given === 'function');
}

/** One of these strings; a near miss is suggested. */
export function oneOf<const Name extends string>(names: readonly Name[]): Option<Name> {
  const expected = `one of: ${listed(names)}`;
  return {
    expected,
    read: (given, path) => {
      const known = names.find((name) => name === given);
      if (known !== undefined) return known;
      const suggestion = typeof given === 'string' ? didYouMean(given, names) : undefined;
      throw invalidOption(path, given, { expected, suggestion });
    },
  };
}

/** An object of this class; `what` names it for messages, where the class's own name would say little. */
export function instance<T>(type: abstract new (...args: never[]) => T, what = `an ${type.name}`): Option<T> {
  return option(what, (given): given is T => given instanceof type);
}

/** A list, each element read by `element`, at `path[3]`. Copied and frozen. */
export function listOf<T>(element: Option<T>, { least = 0 }: { readonly least?: number } = {}): Option<readonly T[]> {
  const expected = `a list of ${least === 0 ? '' : `at least ${least}, each `}${element.expected}`;
  return {
    expected,
    read: (given, path) => {
      if (!Array.isArray(given) || given.length < least) throw invalidOption(path, given, { expected });
      return Object.freeze(given.map((value: unknown, i) => element.read(value, `${path}[${i}]`)));
    },
  };
}

/** A record of options of its own, at `path.name`. */
export function group<const S extends OptionSchema>(schema: S): Option<OptionsOf<S>> {
  const expected = `a record of: ${listed(Object.keys(schema))}`;
  return {
    expected,
    read: (given, path) => {
      if (!isRecord(given)) throw invalidOption(path, given, { expected });
      return readOptions(path, schema, given);
    },
  };
}

/** A record of names that are the user's own, each value read by `element`, at `path.name`. */
export function recordOf<T>(element: Option<T>): Option<Readonly<Record<string, T>>> {
  const expected = `a record, for each name ${element.expected}`;
  return {
    expected,
    read: (given, path) => {
      if (!isRecord(given)) throw invalidOption(path, given, { expected });
      return Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, element.read(value, `${path}.${name}`)]),
      );
    },
  };
}

/** What either of two reads; where neither fits, both are named. */
export function either<A, B>(first: Option<A>, second: Option<B>): Option<A | B> {
  const expected = `${first.expected}, or ${second.expected}`;
  return {
    expected,
    read: (given, path) => {
      for (const { read } of [first, second]) {
        try {
          return read(given, path);
        } catch (error) {
          if (!(error instanceof HeadgateError)) throw error;
        }
      }
      throw invalidOption(path, given, { expected });
    },
  };
}

/** Anything: it is checked elsewhere, where more is known of it. */
export function unchecked<T>(expected: string): Option<T> {
  return { expected, read: (given) => given as T }; // whoever reads it checks it
}
