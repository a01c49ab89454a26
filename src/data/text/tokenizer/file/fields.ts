/**
 * @file Fields of a `tokenizer.json`, read as options are. Not by zod, which importing Headgate does not load, and which could not be
 * loaded later: rows are bound without waiting.
 */
import { HeadgateError } from '../../../../errors.js';
import { isRecord, type Option, type OptionSchema, type OptionsOf, option } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';

/**
 * The fields of an object that a schema names; others are not looked at.
 *
 * @throws HeadgateError `INVALID_TOKENIZER` at the object or the field
 */
export function readFields<const S extends OptionSchema>(schema: S, value: unknown, path: string): OptionsOf<S> {
  if (!isRecord(value)) throw invalidTokenizer(path, { problem: 'This is no object.', received: value });
  const read: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema)) {
    const own = Object.hasOwn(value, name) ? value[name] : undefined;
    read[name] = readField(field, own, path === '' ? name : `${path}.${name}`);
  }
  return read as OptionsOf<S>; // read key by key, each as its own field says
}

function readField<T>(field: Option<T>, value: unknown, path: string): T {
  try {
    return field.read(value, path);
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    const problem = value === undefined ? 'This is missing.' : 'This does not fit.';
    throw new HeadgateError({ ...error, code: 'INVALID_TOKENIZER', problem }, { cause: error });
  }
}

/** Whatever it is. */
export const anything: Option<unknown> = { expected: 'anything', read: (given) => given };

/** A list of whatever. */
export const list: Option<readonly unknown[]> = option('a list', (given): given is readonly unknown[] =>
  Array.isArray(given),
);

/** A string of so many UTF-16 units. */
export const textOf = (least: number, most: number): Option<string> =>
  option(
    `a string of ${least} to ${most} characters`,
    (given): given is string => typeof given === 'string' && given.length >= least && given.length <= most,
  );

/** What is not done here must not be asked for. */
export const nothing: Option<null | false | 0 | '' | undefined> = option(
  'nothing: it is not known here',
  (given): given is null | false | 0 | '' | undefined =>
    given === undefined || given === null || given === false || given === 0 || given === '',
);
