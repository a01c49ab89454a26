/** @file What a tokenizer is: text to the ids of pieces and back, as a `tokenizer.json` says. */
import { HeadgateError, show } from '../../../errors.js';
import type { Json } from '../../../flow/graph.js';
import { ownCopy } from './file/copy.js';
import { invalidTokenizer } from './file/errors.js';
import { readTokenizerFile } from './file/read-file.js';
import { type LibraryTokenizer, libraryTokenizer } from './library.js';
import { saveJson } from './save.js';

/** Ids of the pieces that stand for no text of their own. */
export interface SpecialTokens {
  readonly padding: number;
  /** What a text is read as that no piece covers. Null: this tokenizer covers every text. */
  readonly unknown: number | null;
  readonly mask: number | null;
  /** Ids of all special tokens, these included (also `[CLS]`, `[SEP]`, …), rising. */
  readonly all: readonly number[];
}

/** Text to the ids of pieces and back. */
export interface Tokenizer {
  /** By id, without holes. */
  readonly pieces: readonly string[];
  readonly size: number;
  readonly special: SpecialTokens;
  /**
   * The ids of the text's own pieces: not cut, not padded, nothing put around them, and no special one but for what is
   * unknown: a text that says `[PAD]` is text.
   *
   * @throws HeadgateError `INVALID_INPUT` for what is no text, or one longer than the model can divide
   */
  readonly encode: (text: string) => Int32Array;
  /**
   * The text as its pieces spell it: special tokens are left out, but what is unknown shows.
   *
   * @throws HeadgateError `INDEX_OUT_OF_RANGE`
   */
  readonly decode: (ids: ArrayLike<number>) => string;
  /** The `tokenizer.json`, as it was read. */
  readonly toJson: () => Json;
  /**
   * Writes the `tokenizer.json`, whole or not at all.
   *
   * @throws HeadgateError `SAVE_FAILED`
   */
  readonly save: (path: string) => Promise<void>;
}

/**
 * The tokenizer that a `tokenizer.json` describes: BPE, WordPiece, Unigram or WordLevel, as HuggingFace's `tokenizers` write
 * them. Checked whole before anything runs. What the file says of cutting, padding and of tokens around a text (`truncation`,
 * `padding`, `post_processor`) is kept, and not done: that is the business of whoever lays texts into tensors.
 *
 * @param json may be anything
 * @throws HeadgateError `INVALID_TOKENIZER` for what is no sound tokenizer, could run for ever, has no piece that pads, or means
 *   to Python what cannot be done here
 * @example const copy = tokenizerOf(trainTokenizer(['to be'], { kind: 'words' }).toJson());
 */
export function tokenizerOf(json: Json): Tokenizer {
  const own = ownCopy(json);
  const { library: file, unknown, pieces, special } = readTokenizerFile(own);
  const library = made(file, unknown);
  const hidden = new Set(special.all);
  if (special.unknown !== null) hidden.delete(special.unknown);
  return Object.freeze({
    pieces,
    size: pieces.length,
    special,
    encode: (text: string) => encode(library, text, hidden, special.unknown),
    decode: (ids: ArrayLike<number>) => {
      const shown = Array.from(ids, (id, i) => known(id, pieces.length, i)).filter((id) => !hidden.has(id));
      return shown.length === 0 ? '' : library.decode(shown);
    },
    toJson: () => own,
    save: (path: string) => saveJson(path, own),
  });
}

/** What a regular expression names may not be there: `\p{Nobody}`, `[z-a]`. */
function made(file: object, unknown: string | null): LibraryTokenizer {
  try {
    return libraryTokenizer(file, unknown);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidTokenizer('', { problem: `A regular expression is none: ${cause.message}` });
  }
}

/** @param hidden special tokens, which no text says */
function encode(
  library: LibraryTokenizer,
  text: string,
  hidden: ReadonlySet<number>,
  unknown: number | null,
): Int32Array {
  if (typeof text !== 'string') throw invalidText({ problem: 'This is no text.', received: show(text) });
  const encoded = Int32Array.from(idsOf(library, text));
  for (const [i, id] of encoded.entries()) {
    if (!hidden.has(id)) continue;
    if (unknown === null)
      throw invalidText({ problem: 'The text has a word that is a special token.', received: show(text) });
    encoded[i] = unknown;
  }
  return encoded;
}

function idsOf(library: LibraryTokenizer, text: string): readonly number[] {
  try {
    // Half a character is none; every writer of UTF-8 writes this in its place.
    return library.encode(text.replace(/\p{Surrogate}/gu, '\uFFFD'), { add_special_tokens: false }).ids;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw invalidText({ problem: `The model cannot divide a text of ${text.length} characters at once.` }, cause);
  }
}

function invalidText(facts: { readonly problem: string; readonly received?: string }, cause?: unknown): HeadgateError {
  return new HeadgateError({ code: 'INVALID_INPUT', path: 'text', ...facts }, { cause });
}

function known(id: number, size: number, place: number): number {
  if (Number.isInteger(id) && id >= 0 && id < size) return id;
  throw new HeadgateError({
    code: 'INDEX_OUT_OF_RANGE',
    path: `ids[${place}]`,
    problem: 'No piece has this id.',
    expected: `a whole number from 0 to ${size - 1}`,
    received: show(id),
  });
}
