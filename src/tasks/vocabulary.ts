/** @file A vocabulary as task kinds know it: its pieces by id, and which of them stand for no text of their own. */
import { streamId } from '../random.js';

/** Part of every tokenizer. */
export interface Vocabulary {
  /** By id. */
  readonly pieces: readonly string[];
  readonly special: {
    readonly padding: number;
    /** Id of the piece that says "hidden"; null in a vocabulary without one. */
    readonly mask: number | null;
    /** Ids of all pieces that stand for no text of their own. */
    readonly all: readonly number[];
  };
}

/** Equal for vocabularies in which each id means the same piece: four hashes of 32 bits, which browsers have, too. */
export function vocabularyFingerprint({ pieces, special }: Vocabulary): string {
  const { padding, mask, all } = special;
  const text = JSON.stringify([pieces, padding, mask, all]);
  return [0, 1, 2, 3].map((i) => streamId(`${i}${text}${i}`).toString(16).padStart(8, '0')).join('');
}
