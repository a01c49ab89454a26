/** @file The model of a `tokenizer.json`: which pieces there are, and how a word becomes some of them. */
import { z } from 'zod';
import { listed } from '../../../../errors.js';
import { checked, invalidTokenizer } from './errors.js';
import { checkPiece, MOST_PIECES, readVocabulary } from './vocabulary.js';

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

const none = z.union([z.null(), z.literal(''), z.literal(false), z.literal(0)]).optional();

const wordPieceSchema = z.object({
  vocab: z.unknown(),
  unk_token: z.string(),
  continuing_subword_prefix: z.string().max(16),
  max_input_chars_per_word: z.int().min(1).max(MOST_WORD),
});

function wordPiece(value: unknown): ReadModel {
  const { vocab, ...rest } = checked(wordPieceSchema, value, PATH);
  return withUnknown({ type: 'WordPiece', ...rest }, readVocabulary(vocab, `${PATH}.vocab`), rest.unk_token);
}

const wordLevelSchema = z.object({ vocab: z.unknown(), unk_token: z.string() });

function wordLevel(value: unknown): ReadModel {
  const { vocab, unk_token } = checked(wordLevelSchema, value, PATH);
  return withUnknown({ type: 'WordLevel' }, readVocabulary(vocab, `${PATH}.vocab`), unk_token);
}

const bpeSchema = z.object({
  vocab: z.unknown(),
  merges: z.array(z.unknown()).max(2 * MOST_PIECES),
  unk_token: z.string().nullish(),
  end_of_word_suffix: z.string().max(16).nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().optional(),
  ignore_merges: z.boolean().optional(),
  // Random, or unknown to the library.
  dropout: none,
  continuing_subword_prefix: none,
});

function bpe(value: unknown): ReadModel {
  const { vocab, merges, dropout: _, continuing_subword_prefix: __, ...rest } = checked(bpeSchema, value, PATH);
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
  const pair = z.tuple([z.string().min(1), z.string().min(1)]).safeParse(parts);
  if (!pair.success) throw invalidTokenizer(path, { problem: 'A merge joins two pieces.', received: merge });
  const strange = [...pair.data, pair.data.join('')].find((piece) => !ids.has(piece));
  if (strange === undefined) return pair.data;
  throw invalidTokenizer(path, { problem: 'A merge knows a piece that the vocabulary does not.', received: strange });
}

const unigramSchema = z.object({
  vocab: z
    .array(z.tuple([z.string(), z.number()]))
    .min(1)
    .max(MOST_PIECES),
  unk_id: z.int().min(0),
  // The library knows none.
  byte_fallback: none,
});

function unigram(value: unknown): ReadModel {
  const { vocab, unk_id } = checked(unigramSchema, value, PATH);
  const ids = new Map<string, number>();
  for (const [id, [piece]] of vocab.entries()) {
    checkPiece(piece, `${PATH}.vocab.${id}`);
    if (ids.has(piece)) {
      throw invalidTokenizer(`${PATH}.vocab.${id}`, { problem: 'This piece is there twice.', received: piece });
    }
    ids.set(piece, id);
  }
  const unknown = vocab[unk_id]?.[0];
  if (unknown === undefined)
    throw invalidTokenizer(`${PATH}.unk_id`, { problem: 'No piece has this id.', received: unk_id });
  return { model: { type: 'Unigram', vocab, unk_id }, ids, unknown };
}

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
  const schema = z.object({ type: z.string() }, { error: 'must be a model with a type' });
  const { type } = checked(schema, value, PATH);
  const reader = readers.get(type);
  if (reader !== undefined) return reader(value);
  const problem = 'This type of model is not known.';
  throw invalidTokenizer(`${PATH}.type`, { problem, expected: `one of: ${listed(readers.keys())}`, received: type });
}
