/** @file What is done to a text before it is divided. */
import { flag, nullable, optional } from '../../../../options.js';
import { type Component, type Family, kind, plain, replaced, replaceKind } from './component.js';
import { textOf } from './fields.js';

const formKind = plain({});

/** JavaScript makes the last Σ of a word ς; Python's tokenizers go character by character. */
export const lowercase: readonly Component[] = [replaced({ Regex: 'Σ' }, 'σ'), { type: 'Lowercase' }];

/** Blocks of CJK as BERT has them; the library misses those beyond U+FFFF. */
const CJK =
  '[\\u{4E00}-\\u{9FFF}\\u{3400}-\\u{4DBF}\\u{20000}-\\u{2A6DF}\\u{2A700}-\\u{2B73F}\\u{2B740}-\\u{2B81F}\\u{2B920}-\\u{2CEAF}\\u{F900}-\\u{FAFF}\\u{2F800}-\\u{2FA1F}]';

const bertFields = {
  clean_text: flag,
  handle_chinese_chars: flag,
  strip_accents: optional(nullable(flag)),
  lowercase: flag,
};

/** Step by step, in the order of Python's; `strip_accents: null` means as `lowercase`. */
const bert = kind(bertFields, (read) => [
  ...(read.clean_text
    ? [replaced({ Regex: '[^\\P{C}\\p{Cn}\\t\\n\\r]' }, ''), replaced({ Regex: '\\uFFFD' }, '')]
    : []),
  ...(read.clean_text ? [replaced({ Regex: '\\s' }, ' ')] : []),
  // Around what matches: not escaped, for here the library's reading of `$&` is the wanted one.
  ...(read.handle_chinese_chars ? [{ type: 'Replace', pattern: { Regex: CJK }, content: ' $& ' }] : []),
  ...((read.strip_accents ?? read.lowercase) ? [{ type: 'NFD' }, replaced({ Regex: '\\p{Mn}' }, '')] : []),
  ...(read.lowercase ? lowercase : []),
]);

/**
 * Not among them: `Precompiled`, the tables of SentencePiece, which the library reads only by and large. (`NFKC` is near to the
 * usual one.)
 */
export const normalizers: Family = {
  name: 'normalizer',
  parts: 'normalizers',
  kinds: new Map([
    ['NFC', formKind],
    ['NFD', formKind],
    ['NFKC', formKind],
    ['NFKD', formKind],
    ['StripAccents', formKind],
    ['Lowercase', kind({}, () => lowercase)],
    ['Strip', plain({ strip_left: flag, strip_right: flag })],
    ['Prepend', plain({ prepend: textOf(0, 64) })],
    ['Replace', replaceKind],
    ['BertNormalizer', bert],
  ]),
};
