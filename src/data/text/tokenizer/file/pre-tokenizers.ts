/**
 * @file What divides a text into words. The library reads some of them otherwise than Python does (its `\s` and `\w`, runs of
 * punctuation, digits of other scripts, `Metaspace` that does not divide): these are put as `Split`s that both read alike.
 */
import { flag, oneOf, option, optional } from '../../../../options.js';
import { type Component, type Family, kind, plain } from './component.js';
import { invalidTokenizer } from './errors.js';
import { anything, textOf } from './fields.js';
import { readPattern } from './patterns.js';

/** Matches are words by themselves; so is what lies between them. */
const isolated = (Regex: string): Component => split(Regex, 'Isolated', false);

/** What lies between matches is left. */
const removed = (Regex: string): Component => split(Regex, 'Removed', false);

/** Only matches are left. */
const matches = (Regex: string): Component => split(Regex, 'Removed', true);

const split = (Regex: string, behavior: string, invert: boolean): Component => ({
  type: 'Split',
  pattern: { Regex },
  behavior,
  invert,
});

/** As BERT has it: of the category P, and what else of ASCII is neither letter, digit nor blank. */
const PUNCTUATION = '[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]';

/** `\w` as `Whitespace` has it, which is not that of a `Split`: with joiners, without fractions and raised digits. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200C\\u200D';

const splitKind = kind(
  { pattern: anything, behavior: textOf(1, 64), invert: optional(flag) },
  ({ pattern, behavior, invert = false }, path) => {
    const { Regex } = readPattern(pattern, `${path}.pattern`);
    if (behavior === 'Removed') return [split(Regex, behavior, invert)];
    if (behavior === 'Isolated') return [isolated(Regex)]; // matches and what lies between, whichever is called the match
    throw invalidTokenizer(`${path}.behavior`, {
      problem: 'The library does not divide like this.',
      expected: 'Removed or Isolated',
      received: behavior,
    });
  },
);

const punctuationKind = kind({ behavior: optional(textOf(1, 64)) }, ({ behavior = 'Isolated' }, path) => {
  if (behavior === 'Isolated') return [isolated(PUNCTUATION)];
  if (behavior === 'Contiguous') return [isolated(`${PUNCTUATION}+`)];
  if (behavior === 'Removed') return [removed(PUNCTUATION)];
  throw invalidTokenizer(`${path}.behavior`, {
    problem: 'The library does not divide like this.',
    expected: 'Isolated, Contiguous or Removed',
    received: behavior,
  });
});

const metaspaceFields = {
  replacement: option(
    'one character',
    (given): given is string => typeof given === 'string' && [...given].length === 1,
  ),
  prepend_scheme: optional(oneOf(['always', 'first', 'never'])),
  add_prefix_space: optional(flag),
  split: optional(flag),
};

const metaspaceKind = kind(metaspaceFields, (read) => {
  const code = `\\u{${read.replacement.codePointAt(0)?.toString(16)}}`;
  // `add_prefix_space` is what older files say.
  const scheme = read.prepend_scheme ?? (read.add_prefix_space === false ? 'never' : 'always');
  const own = { type: 'Metaspace', replacement: read.replacement, prepend_scheme: scheme };
  return read.split === false ? [own] : [own, matches(`${code}[^${code}]*|[^${code}]+`)];
});

export const preTokenizers: Family = {
  name: 'pre-tokenizer',
  parts: 'pretokenizers',
  kinds: new Map([
    ['BertPreTokenizer', kind({}, () => [removed('\\s+'), isolated(PUNCTUATION)])],
    ['Whitespace', kind({}, () => [matches(`[${WORD}]+|[^${WORD}\\s]+`)])],
    ['WhitespaceSplit', kind({}, () => [removed('\\s+')])],
    ['Punctuation', punctuationKind],
    ['Digits', kind({ individual_digits: flag }, (read) => [isolated(read.individual_digits ? '\\p{N}' : '\\p{N}+')])],
    ['Metaspace', metaspaceKind],
    ['ByteLevel', plain({ add_prefix_space: flag, use_regex: optional(flag) })],
    ['Split', splitKind],
  ]),
};
