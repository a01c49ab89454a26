/**
 * @file What divides a text into words. The library reads some of them otherwise than Python does (its `\s` and `\w`, runs of
 * punctuation, digits of other scripts, `Metaspace` that does not divide): these are put as `Split`s that both read alike.
 */
import { z } from 'zod';
import { type Component, type Family, kind, plain } from './component.js';
import { invalidTokenizer } from './errors.js';
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
  { pattern: z.unknown(), behavior: z.string(), invert: z.boolean().optional() },
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

const punctuationKind = kind({ behavior: z.string().optional() }, ({ behavior = 'Isolated' }, path) => {
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
  replacement: z.string().refine((text) => [...text].length === 1, 'must be one character'),
  prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
  add_prefix_space: z.boolean().optional(),
  split: z.boolean().optional(),
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
    [
      'Digits',
      kind({ individual_digits: z.boolean() }, (read) => [isolated(read.individual_digits ? '\\p{N}' : '\\p{N}+')]),
    ],
    ['Metaspace', metaspaceKind],
    ['ByteLevel', plain({ add_prefix_space: z.boolean(), use_regex: z.boolean().optional() })],
    ['Split', splitKind],
  ]),
};
