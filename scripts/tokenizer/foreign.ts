/** @file Files as others write them, of every model and most components, for the comparison with Python. */

import { trainTokenizer } from '../../src/data/text/tokenizer/train/train.js';
import type { Json } from '../../src/flow/graph.js';

const gpt4 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

export function foreign(lines: readonly string[]): readonly (readonly [string, Json])[] {
  const { pieces } = trainTokenizer(lines, { kind: 'wordPiece', size: 2000 });
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const wordPiece = {
    ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
  };
  const bert = {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  };
  const decoder = { type: 'WordPiece', prefix: '##', cleanup: true };
  const divided = (pre_tokenizer: Json): Json =>
    file({ normalizer: { type: 'NFC' }, pre_tokenizer, model: wordPiece, decoder });
  return [
    ['BERT', file({ normalizer: bert, pre_tokenizer: { type: 'BertPreTokenizer' }, model: wordPiece, decoder })],
    ['Whitespace', divided({ type: 'Whitespace' })],
    ['WhitespaceSplit', divided({ type: 'WhitespaceSplit' })],
    ['Punctuation', divided(sequence({ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'Contiguous' }))],
    ['Digits', divided(sequence({ type: 'WhitespaceSplit' }, { type: 'Digits', individual_digits: true }))],
    ['Split by a String', divided(split({ String: ' ' }, 'Removed', false))],
    ['GPT-2', byteLevel({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true })],
    [
      'GPT-4',
      byteLevel(
        sequence(split({ Regex: gpt4 }, 'Isolated', false), {
          ...{ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
        }),
      ),
    ],
    ['Unigram with Metaspace', unigram(lines)],
    ['BPE with byte_fallback', byteFallback(lines)],
    [
      'BERT with added tokens',
      file({
        ...{ normalizer: bert, pre_tokenizer: { type: 'BertPreTokenizer' }, model: wordPiece, decoder },
        added_tokens: [
          added(pieces.length, 'not to', { normalized: true }),
          added(pieces.length + 1, 'the End', { normalized: false, lstrip: true, rstrip: true }),
          added(pieces.length + 2, 'tobe', { normalized: false }),
        ],
      }),
    ],
  ];
}

const added = (id: number, content: string, fields: Readonly<Record<string, boolean>>): Json => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...fields },
});

const sequence = (...pretokenizers: readonly Json[]): Json => ({ type: 'Sequence', pretokenizers });

const split = (pattern: Json, behavior: string, invert: boolean): Json => ({
  type: 'Split',
  pattern,
  behavior,
  invert,
});

const file = (parts: Readonly<Record<string, Json>>): Json => ({
  ...{ version: '1.0', truncation: null, padding: null, added_tokens: [], post_processor: null, ...parts },
});

/** The characters of bytes as GPT-2 writes them, and merges of the most frequent letters. */
function byteLevel(pre_tokenizer: Json): Json {
  const shows = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let others = 0;
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(shows(byte) ? byte : 256 + others++));
  const merges = ['Ġ t', 'h e', 'Ġt he', 'o u', 'i n', 'Ġ a', 'an d', 'a n', 'Ġa nd', 'ou r', 'in g'];
  const pieces = new Set([
    ...bytes,
    ...merges.flatMap((merge) => [...merge.split(' '), merge.replace(' ', '')]),
    '<pad>',
  ]);
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]));
  const model = { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, vocab, merges };
  const decoder = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
  return file({ normalizer: null, pre_tokenizer, model, decoder });
}

/** Words of the lines with the logarithm of their share, and single letters far below. */
function unigram(lines: readonly string[]): Json {
  const { pieces } = trainTokenizer(lines, { kind: 'words', size: 1000, lowercase: false });
  const words = pieces.slice(5).map((word, rank): Json => [`▁${word}`, -Math.log(rank + 10) - 3]);
  const letters = [...'▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;'].map(
    (letter, i): Json => [letter, -12 - i / 100],
  );
  const vocab: readonly Json[] = [
    ['<pad>', 0],
    ['<unk>', 0],
    ...words.filter((word) => !isOneLetter(word)),
    ...letters,
  ];
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  return file({
    ...{ normalizer: { type: 'NFKC' }, pre_tokenizer: metaspace, decoder: metaspace },
    model: { type: 'Unigram', unk_id: 1, vocab, byte_fallback: false },
  });
}

const isOneLetter = (word: Json): boolean =>
  Array.isArray(word) && typeof word[0] === 'string' && [...word[0]].length === 1;

/** As Llama 2 has it: blanks are `▁`, and what has no piece is spelt in bytes. */
function byteFallback(lines: readonly string[]): Json {
  const letters = new Set(lines.join('').replaceAll(' ', '').match(/[ -~]/gu) ?? []);
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const merges = ['▁ t', 'h e', '▁t he', 'o u', 'i n', '▁ a', 'an d', 'a n', '▁a nd'];
  const joined = merges.flatMap((merge) => [...merge.split(' '), merge.replace(' ', '')]);
  const pieces = new Set(['<unk>', '<pad>', ...bytes, ...letters, ...joined]);
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]));
  const blanks = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  return file({
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, blanks] },
    pre_tokenizer: null,
    model: { type: 'BPE', dropout: null, unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab, merges },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
  });
}
