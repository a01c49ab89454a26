/** @file A tokenizer of whole words that needs no file: what a text input and a masked language model ask of one. */
import type { Tokenizer } from '../../src/index.js';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** Ids: the five special pieces, then the words in their order. */
export function wordTokenizer(words: readonly string[]): Tokenizer {
  const pieces = [...SPECIAL, ...words];
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  return {
    pieces,
    size: pieces.length,
    special: { padding: 0, unknown: 1, mask: 4, all: [0, 1, 2, 3, 4] },
    encode: (text) =>
      Int32Array.from(
        text.split(' ').filter((word) => word !== ''),
        (word) => ids.get(word) ?? 1, // unknown
      ),
    decode: (given) => Array.from(given, (id) => pieces[id]).join(' '),
    toJson: () => ({ words: [...words] }),
    save: async () => {},
  };
}

/** `w0`, `w1`, … */
export const numberedWords = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `w${i}`);
