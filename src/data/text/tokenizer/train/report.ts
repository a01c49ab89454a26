/** @file What a trained vocabulary makes of the texts that it was learnt from. */
import { visible } from '../../../../text.js';
import type { Tokenizer } from '../tokenizer.js';
import type { Counts } from './count.js';
import { LONGEST_WORD } from './file.js';
import type { Training } from './options.js';
import type { Counted } from './vocabulary.js';

export interface TokenizerFacts {
  readonly kind: Training['kind'];
  /** Special ones included. */
  readonly pieces: number;
  /** Pieces that there was room for; more than `pieces` where the texts do not have as many. */
  readonly size: number;
  readonly texts: number;
  /** Texts that are null: passed over. */
  readonly missing: number;
  /** Texts without a token: empty, or blank. */
  readonly blank: number;
  /** Of all texts. */
  readonly tokens: number;
  readonly tokensPerText: number;
  /** Tokens that are the unknown one. */
  readonly unknown: number;
  readonly unknownShare: number;
  /** Words of more than 100 characters, each one unknown token. */
  readonly longWords: number;
  /** Accents that were taken away, and their share of all UTF-16 units. */
  readonly accents: number;
  readonly accentsShare: number;
  /** Without a piece: words, or characters of `wordPiece` and `characters`; how often they stand in the texts, and the most frequent ten. */
  readonly leftOut: { readonly distinct: number; readonly occurrences: number; readonly first: readonly Counted[] };
}

export interface TokenizerReport extends TokenizerFacts {
  readonly toString: () => string;
  readonly print: () => void;
}

/** Every distinct word is encoded once. */
export function reportOf(
  tokenizer: Tokenizer,
  counts: Counts,
  leftOut: readonly Counted[],
  { kind, size }: Training,
): TokenizerReport {
  let tokens = counts.longWords;
  let unknown = counts.longWords;
  for (const [word, count] of counts.words) {
    const ids = tokenizer.encode(word);
    tokens += count * ids.length;
    for (const id of ids) if (id === tokenizer.special.unknown) unknown += count;
  }
  const facts: TokenizerFacts = {
    kind,
    pieces: tokenizer.size,
    size,
    texts: counts.texts,
    missing: counts.missing,
    blank: counts.blank,
    tokens,
    tokensPerText: tokens / counts.texts,
    unknown,
    unknownShare: unknown / tokens,
    longWords: counts.longWords,
    accents: counts.accents,
    accentsShare: counts.accents / counts.characters,
    leftOut: {
      distinct: leftOut.length,
      occurrences: leftOut.reduce((sum, { count }) => sum + count, 0),
      first: Object.freeze(leftOut.slice(0, 10)),
    },
  };
  const text = () => textOf(facts);
  return Object.freeze({ ...facts, toString: text, print: () => console.log(text()) });
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function textOf(facts: TokenizerFacts): string {
  const { kind, pieces, size, texts, missing, blank, tokens, leftOut } = facts;
  const room = pieces < size && kind !== 'characters' ? `; there is no more to learn for ${size}` : '';
  const what = kind === 'words' ? 'words' : 'characters';
  const first = leftOut.first.map(({ text, count }) => `${visible(JSON.stringify(text))} (${count})`).join(', ');
  return [
    `${kind}: ${pieces} pieces, special ones included${room}`,
    `texts: ${texts}, of them ${blank} without a token; ${missing} missing ones passed over`,
    `tokens: ${tokens}, ${facts.tokensPerText.toFixed(2)} a text`,
    `unknown: ${facts.unknown} tokens, ${percent(facts.unknownShare)}; ${facts.longWords} of them words longer than ${LONGEST_WORD} characters`,
    `accents taken away: ${facts.accents}, ${percent(facts.accentsShare)} of the characters`,
    leftOut.distinct === 0
      ? `left out: no ${what}`
      : `left out: ${leftOut.distinct} ${what}, seen ${leftOut.occurrences} times: ${first}${leftOut.distinct > 10 ? ', …' : ''}`,
  ].join('\n');
}
