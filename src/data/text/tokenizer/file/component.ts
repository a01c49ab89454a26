/** @file A part of a `tokenizer.json`: a normalizer, a pre-tokenizer, a decoder; by itself or in a `Sequence`. */
import { didYouMean, listed } from '../../../../errors.js';
import type { OptionSchema, OptionsOf } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';
import { anything, list, readFields, textOf } from './fields.js';
import { type LibraryPattern, readPattern } from './patterns.js';

/** As the library reads it. */
export interface Component {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Read {
  readonly components: readonly Component[];
  /** How many times longer it can make a text, by what it replaces. */
  readonly growth: number;
}

const typed = { type: textOf(1, 64) };

/** Reads one type of component. */
export type ComponentKind = (value: unknown, path: string) => Read;

/** Fields that are checked, and the components that do for the library what this one does for Python. */
export function kind<const S extends OptionSchema>(
  fields: S,
  components: (read: OptionsOf<S>, path: string) => readonly Component[],
): ComponentKind {
  return (value, path) => ({ components: components(readFields(fields, value, path), path), growth: 1 });
}

/** As it stands, without fields that do not matter. */
export const plain = (fields: OptionSchema): ComponentKind =>
  kind({ ...fields, ...typed }, ({ type, ...read }) => [{ ...read, type }]);

const replacement = { pattern: anything, content: textOf(0, 64) };

/** `content` takes the place of what matches; the library would read `$&` in it as the match. */
export const replaceKind: ComponentKind = (value, path) => {
  const { pattern, content } = readFields(replacement, value, path);
  const read = readPattern(pattern, `${path}.pattern`);
  return { components: [replaced(read, content)], growth: Math.max(1, content.length / read.least) };
};

export const replaced = ({ Regex }: Pick<LibraryPattern, 'Regex'>, content: string): Component => ({
  type: 'Replace',
  pattern: { Regex },
  content: content.replaceAll('$', '$$$$'),
});

/** Nobody's file has more, and each takes its time with every text. */
const MOST = 64;

/** Beyond this a short line can be made to fill the memory. */
const MOST_GROWTH = 8;

export interface Family {
  /** For messages: `normalizer`. */
  readonly name: string;
  /** Where a `Sequence` has its parts. */
  readonly parts: string;
  readonly kinds: ReadonlyMap<string, ComponentKind>;
}

/**
 * A component as the library reads it; null where there is none.
 *
 * @throws HeadgateError `INVALID_TOKENIZER` at the part that does not fit, or that the library reads otherwise than Python
 */
export function readComponent(family: Family, value: unknown, path: string): Component | null {
  if (value === null || value === undefined) return null;
  const { components, growth } = readPart(family, value, path);
  if (components.length > MOST) {
    throw invalidTokenizer(path, { problem: `There are more than ${MOST} parts.`, received: components.length });
  }
  if (growth > MOST_GROWTH) {
    const problem = `What it replaces can make a text more than ${MOST_GROWTH} times as long.`;
    throw invalidTokenizer(path, { problem, received: growth });
  }
  const [only] = components;
  return components.length === 1 && only !== undefined ? only : { type: 'Sequence', [family.parts]: components };
}

function readPart(family: Family, value: unknown, path: string): Read {
  const { type } = readFields(typed, value, path);
  if (type === 'Sequence') {
    const { [family.parts]: parts = [] } = readFields({ [family.parts]: list }, value, path);
    const read = parts.map((part, i) => readPart(family, part, `${path}.${family.parts}.${i}`));
    return {
      components: read.flatMap(({ components }) => components),
      growth: read.reduce((product, { growth }) => product * growth, 1),
    };
  }
  const own = family.kinds.get(type);
  if (own !== undefined) return own(value, path);
  const suggestion = didYouMean(type, family.kinds.keys());
  throw invalidTokenizer(`${path}.type`, {
    problem: `This ${family.name} is not one that is read here as Python's tokenizers read it.`,
    expected: `one of: ${listed([...family.kinds.keys(), 'Sequence'])}`,
    received: type,
    ...(suggestion === undefined ? {} : { mend: `Is ${suggestion} meant?` }),
  });
}
