/** @file The options of `merge`: each method takes its own, and no other's. */
import { show } from '../../errors.js';
import type { OnNote } from '../../notes.js';
import {
  either,
  invalidOption,
  listOf,
  number,
  type Option,
  type OptionsOf,
  oneOf,
  option,
  optional,
  readOptions,
  recordOf,
  unchecked,
  wholeNumber,
} from '../../options.js';
import type { Merge, MergeMethodName } from '../../pathways/merge/options.js';
import { type NoteOptions, noteSchema } from './engine.js';

/**
 * How to merge, and what the method needs. What is given for each model is in the order of the project itself, then the others;
 * what is given for each parameter goes by names such as `backbone/stem/kernel` and `head/person.faceX1/bias`. A `base` is a project,
 * `masks` have a 0 or 1 for each element, row-major.
 */
export type MergeOptions<P = unknown> = Merge<P, Bits> & NoteOptions;

/** 0 or 1, or false or true, one an element. */
type Bits = ArrayLike<number | boolean>;

const methods = [
  'average',
  'weighted',
  'importance-weighted',
  'fisher-weighted',
  'rank-weighted',
  'task-arithmetic',
  'ties',
  'dare',
  'slerp',
  'replace',
] as const satisfies readonly MergeMethodName[];

function valuesOf<T>(expected: string): Option<ArrayLike<T>> {
  // Their own values are checked where their parameter is known.
  return option(expected, (given): given is ArrayLike<T> => Array.isArray(given) || ArrayBuffer.isView(given));
}

const mergeSchema = {
  method: oneOf(methods),
  weights: optional(listOf(number({ least: 0 }), { least: 1 })),
  importances: optional(listOf(recordOf(valuesOf<number>('a number an element')), { least: 1 })),
  zero: optional(number({ least: 0, most: 1 })),
  base: optional(unchecked<unknown>('a Project')),
  scale: optional(either(number(), listOf(number(), { least: 1 }))),
  density: optional(number({ least: 0, most: 1 })),
  drop: optional(number({ least: 0, below: 1 })),
  combine: optional(oneOf(['average', 'task-arithmetic'])),
  seed: optional(wholeNumber()),
  t: optional(number({ least: 0, most: 1 })),
  masks: optional(recordOf(valuesOf<number | boolean>('0 or 1 an element'))),
  ...noteSchema,
};

type Given = Omit<OptionsOf<typeof mergeSchema>, 'method' | 'onNote'>;
type Own = keyof Given;

/** Hands out options, and knows which. */
interface Taker {
  readonly take: <K extends Own>(name: K) => Given[K];
  /** @throws HeadgateError `INVALID_OPTIONS` where it was left out */
  readonly need: <K extends Own>(name: K) => NonNullable<Given[K]>;
}

/** Of each method, how its options are read; one that is missing does not compile. */
const readers: {
  readonly [M in MergeMethodName]: (own: Taker) => Merge<unknown, Bits> & { readonly method: M };
} = {
  average: () => ({ method: 'average' }),
  weighted: ({ need }) => ({ method: 'weighted', weights: need('weights') }),
  'importance-weighted': ({ need }) => ({ method: 'importance-weighted', importances: need('importances') }),
  'fisher-weighted': ({ need, take }) => ({
    method: 'fisher-weighted',
    importances: need('importances'),
    weights: take('weights'),
  }),
  'rank-weighted': ({ need, take }) => ({
    method: 'rank-weighted',
    importances: need('importances'),
    zero: take('zero'),
  }),
  'task-arithmetic': ({ need, take }) => ({ method: 'task-arithmetic', base: need('base'), scale: take('scale') }),
  ties: ({ need, take }) => ({
    method: 'ties',
    base: need('base'),
    density: take('density'),
    scale: oneScale(take('scale')),
  }),
  dare: ({ need, take }) => ({
    method: 'dare',
    base: need('base'),
    drop: take('drop'),
    seed: take('seed'),
    combine: take('combine'),
    scale: oneScale(take('scale')),
  }),
  slerp: ({ need }) => ({ method: 'slerp', t: need('t') }),
  replace: ({ need }) => ({ method: 'replace', masks: need('masks') }),
};

/** @throws HeadgateError `INVALID_OPTIONS` also for an option that the method does not take */
export function readMerge(given: unknown): {
  readonly options: Merge<unknown, Bits>;
  readonly onNote: OnNote | undefined;
} {
  const { method, onNote, ...own } = readOptions('merge', mergeSchema, given);
  const taken = new Set<string>();
  const take = <K extends Own>(name: K): Given[K] => {
    taken.add(name);
    return own[name];
  };
  const need = <K extends Own>(name: K): NonNullable<Given[K]> => {
    const value = take(name);
    if (value !== undefined && value !== null) return value;
    throw invalidOption(`merge.${name}`, value, { expected: `${mergeSchema[name].expected}, for ${method}` });
  };
  const options = readers[method]({ take, need });
  const stray = Object.entries(own).find(([name, value]) => value !== undefined && !taken.has(name));
  if (stray === undefined) return { options, onNote };
  const [name, value] = stray;
  throw invalidOption(`merge.${name}`, value, {
    problem: `${method} does not take this option`,
    expected: taken.size === 0 ? 'no other option' : `some of: ${[...taken].join(', ')}`,
  });
}

function oneScale(scale: Given['scale']): number | undefined {
  if (scale === undefined || typeof scale === 'number') return scale;
  throw invalidOption('merge.scale', show(scale), { expected: 'a number' });
}
