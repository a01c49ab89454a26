/** @file The model of a `tokenizer.json`: which pieces there are, and how a word becomes some of them. */
import { listed } from '../../../../errors.js';
import { flag, nullable, optional, wholeNumber } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';
import { anything, list, nothing, readFields, textOf } from './fields.js';
import { checkId, checkPiece, readVocabulary } from './vocabulary.js';

export interface ReadModel {
  /** As the library reads it. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly ids: Map<string, number>;
  /** What it gives for what no piece covers; null where it would leave that out. */
  readonly unknown: string | null;
}

const PATH = 'model';

/** Longer words are unknown. A word takes time with its square. */
const MOST_WORD = 1000;

/** Of a piece that is in the vocabulary, which is checked later. */
const piece = textOf(0, 512);

const wordPieceSchema = {
  vocab: anything,
  unk_token: piece,
  continuing_subword_prefix: textOf(0, 16),
  max_input_chars_per_word: wholeNumber({ least: 1, most: MOST_WORD }),
};

function wordPiece(value: unknown): ReadModel {
  const { vocab, ...rest } = readFields(wordPieceSchema, value, PATH);
  return withUnknown({ type: 'WordPiece', ...rest }, readVocabulary(vocab, `${PATH}.vocab`), rest.unk_token);
}

const wordLevelSchema = { vocab: anything, unk_token: piece };

function wordLevel(value: unknown): ReadModel {
  const { vocab, unk_token } = readFields(wordLevelSchema, value, PATH);
  return withUnknown({ type: 'WordLevel' }, readVocabulary(vocab, `${PATH}.vocab`), unk_token);
}

const bpeSchema = {
  vocab: anything,
  merges: list,
  unk_token: optional(nullable(piece)),
  end_of_word_suffix: optional(nullable(textOf(0, 16))),
  fuse_unk: optional(nullable(flag)),
  byte_fallback: optional(flag),
  ignore_merges: optional(flag),
  // Random, or unknown to the library.
  dropout: nothing,
  continuing_subword_prefix: nothing,
};

function bpe(value: unknown): ReadModel {
  const { vocab, merges, dropout: _, continuing_subword_prefix: __, ...rest } = readFields(bpeSchema, value, PATH);
  const ids = readVocabulary(vocab, `${PATH}.vocab`);
  const pairs = merges.map((merge, i) => readMerge(merge, ids, `${PATH}.merges.${i}`));
  const model = { type: 'BPE', ...rest, merges: pairs };
  const unknown = rest.unk_token ?? null;
  return unknown === null
    ? { model: { ...model, vocab: entries(ids) }, ids, unknown }
    : withUnknown(model, ids, unknown);
}

/** `"a b"` or `["a", "b"]`; the library would take two parts of three without a word. */
function readMerge(merge: unknown, ids: ReadonlyMap<string, number>, path: string): readonly string[] {
  const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
  if (!isPair(parts)) throw invalidTokenizer(path, { problem: 'A merge joins two pieces.', received: merge });
  const strange = [...parts, parts.join('')].find((part) => !ids.has(part));
  if (strange === undefined) return parts;
  throw invalidTokenizer(path, { problem: 'A merge knows a piece that the vocabulary does not.', received: strange });
}

const isPair = (parts: unknown): parts is readonly [string, string] =>
  Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string' && part !== '');

const unigramSchema = {
  vocab: list,
  unk_id: wholeNumber({ least: 0 }),
  // The library knows none.
  byte_fallback: nothing,
};

function unigram(value: unknown): ReadModel {
  const { vocab, unk_id } = readFields(unigramSchema, value, PATH);
  const ids = new Map<string, number>();
  for (const [id, entry] of vocab.entries()) {
    const path = `${PATH}.vocab.${id}`;
    if (!isScored(entry))
      throw invalidTokenizer(path, { problem: 'This is no piece with its score.', received: entry });
    const [own] = entry;
    checkPiece(own, path);
    checkId(id, own, path);
    if (ids.has(own)) throw invalidTokenizer(path, { problem: 'This piece is there twice.', received: own });
    ids.set(own, id);
  }
  const unknown = [...ids.keys()][unk_id];
  if (unknown === undefined)
    throw invalidTokenizer(`${PATH}.unk_id`, { problem: 'No piece has this id.', received: unk_id });
  return { model: { type: 'Unigram', vocab, unk_id }, ids, unknown };
}

const isScored = (entry: unknown): entry is readonly [string, number] =>
  Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && Number.isFinite(entry[1]);

function withUnknown(model: Readonly<Record<string, unknown>>, ids: Map<string, number>, unknown: string): ReadModel {
  if (ids.has(unknown)) return { model: { ...model, unk_token: unknown, vocab: entries(ids) }, ids, unknown };
  const problem = 'The piece of what is unknown is not in the vocabulary.';
  throw invalidTokenizer(`${PATH}.unk_token`, { problem, received: unknown });
}

/** An object with a key of its own for every piece, `__proto__` too. */
const entries = (ids: ReadonlyMap<string, number>) => Object.fromEntries(ids);

const readers = new Map([
  ['WordPiece', wordPiece],
  ['WordLevel', wordLevel],
  ['BPE', bpe],
  ['Unigram', unigram],
]);

/** @throws HeadgateError `INVALID_TOKENIZER` for a model that is unknown, unsound, or read otherwise by the library than by Python */
export function readModel(value: unknown): ReadModel {
  const { type } = readFields({ type: textOf(1, 64) }, value, PATH);
  const reader = readers.get(type);
  if (reader !== undefined) return reader(value);
  const problem = 'This type of model is not known.';
  throw invalidTokenizer(`${PATH}.type`, { problem, expected: `one of: ${listed(readers.keys())}`, received: type });
}
