/** @file What a tokenizer is: text to the ids of pieces and back, as a `tokenizer.json` says. */
import type { Json } from '../../../flow/graph.js';

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
  /** The ids of the text's own pieces: not cut, not padded, nothing put around them. */
  readonly encode: (text: string) => Int32Array;
  /** The text as its pieces spell it, special tokens left out. */
  readonly decode: (ids: ArrayLike<number>) => string;
  /** The `tokenizer.json`. */
  readonly toJson: () => Json;
  readonly save: (path: string) => Promise<void>;
}
