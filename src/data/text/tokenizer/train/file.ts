/** @file A trained tokenizer as a `tokenizer.json`, in words that Python's `tokenizers` and the library read alike. */
import type { Json } from '../../../../flow/graph.js';
import type { Training } from './options.js';
import { SPECIAL, UNKNOWN } from './special.js';

/** What makes a piece one that goes on a word. No word has it: `#` is punctuation and stands by itself. */
export const CONTINUING = '##';

/** In code points; longer words are unknown, as in BERT. */
export const LONGEST_WORD = 100;

/** What is a word by itself, whatever stands beside it: punctuation, symbols (emoji among them) and Chinese characters. */
const ALONE = '[\\p{P}\\p{S}\\p{Han}]';

/** Whether a character is a word by itself. */
export const standsAlone = (character: string): boolean => /[\p{P}\p{S}\p{Script=Han}]/u.test(character);

/** @param pieces after the special ones, in the order of their ids */
export function tokenizerFile(pieces: readonly string[], { kind, lowercase, stripAccents }: Training): Json {
  const byId = [...SPECIAL, ...pieces];
  const vocab = Object.fromEntries(byId.map((piece, id) => [piece, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: { type: 'Sequence', normalizers: normalizers(lowercase, stripAccents) },
    pre_tokenizer: kind === 'characters' ? split('[\\s\\S]', 'Isolated') : words,
    post_processor: null,
    decoder: kind === 'wordPiece' ? { type: 'WordPiece', prefix: CONTINUING, cleanup: false } : decoders[kind],
    model:
      kind === 'wordPiece'
        ? {
            ...{ type: 'WordPiece', unk_token: UNKNOWN, continuing_subword_prefix: CONTINUING },
            ...{ max_input_chars_per_word: LONGEST_WORD, vocab },
          }
        : { type: 'WordLevel', vocab, unk_token: UNKNOWN },
  };
}

const split = (Regex: string, behavior: string): Json => ({
  ...{ type: 'Split', pattern: { Regex }, behavior, invert: false },
});

const words: Json = { type: 'Sequence', pretokenizers: [split('\\s+', 'Removed'), split(ALONE, 'Isolated')] };

/** Words with blanks between: WordPiece's decoder does this too, where no piece begins with its prefix. */
const decoders: Readonly<Record<'characters' | 'words', Json>> = {
  characters: { type: 'Fuse' },
  words: { type: 'WordPiece', prefix: CONTINUING, cleanup: false },
};

/** Composed (NFC) at the end: a letter with its accents is one character, and a Korean syllable, too. */
function normalizers(lowercase: boolean, stripAccents: boolean): readonly Json[] {
  const replace = (pattern: Json, content: string): Json => ({ type: 'Replace', pattern, content });
  return [
    // JavaScript makes the last Σ of a word ς, where Python's tokenizers make it σ.
    ...(lowercase ? [replace({ String: 'Σ' }, 'σ'), { type: 'Lowercase' }] : []),
    ...(stripAccents ? [{ type: 'NFD' }, replace({ Regex: '\\p{Mn}' }, '')] : []),
    { type: 'NFC' },
  ];
}
