/** @file Checking what a project declares as its inputs. A file's inputs have a schema of their own (`schema.ts`). */
import { HeadgateError } from '../errors.js';
import {
  flag,
  group,
  invalidOption,
  listOf,
  nullable,
  number,
  type Option,
  oneOf,
  option,
  optional,
  text,
  wholeNumber,
} from '../options.js';
import type { ChannelStatistics } from './graph.js';
import { isJson } from './json.js';
import { isName } from './names.js';

/** A list without the same element twice. */
function different(names: Option<readonly string[]>): Option<readonly string[]> {
  const expected = `${names.expected}, no two of them the same`;
  return {
    expected,
    read: (given, path) => {
      const read = names.read(given, path);
      if (new Set(read).size === read.length) return read;
      throw invalidOption(path, given, { expected });
    },
  };
}

const name = option('a name', (given): given is string => typeof given === 'string' && isName(given));

const input = group({
  kind: text,
  shape: listOf(wholeNumber({ least: 1 }), { least: 1 }),
  scale: option('a finite number other than 0', (given): given is number => Number.isFinite(given) && given !== 0),
  normalise: optional(
    group({ mean: listOf(number(), { least: 1 }), deviation: listOf(number({ above: 0 }), { least: 1 }) }),
  ),
  columns: nullable(different(listOf(text, { least: 1 }))),
  columnKinds: optional(
    listOf(group({ kind: text, options: option('JSON', (given): given is unknown => isJson(given)) })),
  ),
  dtype: optional(oneOf(['float32', 'int32', 'uint8'])),
  axes: optional(listOf(nullable(name))),
  ragged: optional(listOf(flag)),
  padding: optional(number()),
  of: optional(name),
  encoder: optional(group({ kind: text, state: option('JSON', (given): given is unknown => isJson(given)) })),
});

function requireChannels(normalise: ChannelStatistics | undefined, shape: readonly number[], path: string): void {
  const channels = shape.at(-1);
  if (normalise === undefined) return;
  if (normalise.mean.length === channels && normalise.deviation.length === channels) return;
  throw invalidOption(path, normalise, { expected: `a mean and a deviation for each of the ${channels} channels` });
}

/** Throws `NOT_AN_INPUT` for an input that was written by hand, and wrongly. */
export function requireInput(given: unknown, path: string): void {
  try {
    const { axes, ragged, shape, normalise } = input.read(given, path);
    if (ragged !== undefined && ragged.length !== shape.length) {
      throw invalidOption(`${path}.ragged`, ragged, { expected: `true or false for each of its ${shape.length} axes` });
    }
    requireChannels(normalise, shape, `${path}.normalise`);
    if (axes === undefined) return;
    const named = axes.filter((axis) => axis !== null);
    if (axes.length === shape.length && new Set(named).size === named.length) return;
    const expected = `a name of its own, or null, for each of the ${shape.length} axes of the shape`;
    throw invalidOption(`${path}.axes`, axes, { expected });
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    const { problem, received, expected, suggestion } = error;
    throw new HeadgateError(
      {
        code: 'NOT_AN_INPUT',
        path: error.path,
        problem: `${problem}: it must be ${expected}`,
        expected: 'what image(…), vector(…), tensor(…), columns(…), number() and the like give',
        received,
        suggestion,
      },
      { cause: error },
    );
  }
}
