/**
 * @file Regular expressions of a `tokenizer.json`. Anybody may have written them, and one like `(a+)+b` runs for ever on a
 * line of `a`s; so only those are run that cannot: the ones that known tokenizers use, and one atom with at most one quantifier.
 */
import { isRecord } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';

/** Longer than any that is in use. */
const LENGTH = 512;

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** Of GPT-2; GPT-4 and Llama 3, in both spellings that are about; Qwen 2; words as Python's `Whitespace` divides them. */
const KNOWN = new Set([
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`,
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${SPACES}`,
  '\\w+|[^\\w\\s]+',
]);

/** `\s`, `\p{N}`. */
const SET = String.raw`\\[sSdDwW]|\\[pP]\{\w{1,30}\}`;

/** A character in a class: `a`, `\n`, `\x21`, `\-`. */
const SCALAR = String.raw`(?:\\x[0-9A-Fa-f]{2}|\\[nrt\\[\]^.*+?(){}|/$-]|[^\\[\]&^-])`;

const CLASS = String.raw`\[\^?(?:${SET}|${SCALAR}(?:-${SCALAR})?)+\]`;

/** One of these, or a character, once or repeated: a search never goes back further than its own run. */
const PLAIN = new RegExp(
  String.raw`^(?:${SET}|${CLASS}|\\[nrt]|[^\\[\](){}.*+?^$|])(?:\+|\{[1-9]\d{0,2}(?:,\d{0,3})?\})?$`,
  'u',
);

export interface LibraryPattern {
  readonly Regex: string;
  /** Characters that a match has at least. */
  readonly least: number;
}

/**
 * A pattern as the library reads it: always a regular expression, for it keeps what a `String` is to remove.
 *
 * @throws HeadgateError `INVALID_TOKENIZER` for an expression that could run for ever
 */
export function readPattern(value: unknown, path: string): LibraryPattern {
  const { String: text, Regex }: Readonly<Record<string, unknown>> = isRecord(value) ? value : {};
  if (isShort(text) && text !== '') return { Regex: literal(text), least: text.length };
  if (!isShort(Regex)) {
    const expected = `{ String } or { Regex } of at most ${LENGTH} characters`;
    throw invalidTokenizer(path, { problem: 'This is no pattern.', expected, received: value });
  }
  if (!KNOWN.has(Regex) && !PLAIN.test(Regex)) {
    throw invalidTokenizer(path, {
      problem: 'This regular expression is none of those that are known to end soon on every text.',
      expected: 'that of GPT-2, GPT-4, Llama 3 or Qwen 2, or one atom such as \\s+ or [\\p{P}\\p{S}]',
      received: Regex,
      mend: 'Put it as a String, or as a Sequence of such parts.',
    });
  }
  return { Regex, least: 1 };
}

const isShort = (text: unknown): text is string => typeof text === 'string' && text.length <= LENGTH;

/** The text itself as a regular expression. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
