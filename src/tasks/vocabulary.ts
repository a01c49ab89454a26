/** @file A vocabulary as task kinds know it: its pieces by id, and which of them stand for no text of their own. */
import { createHash } from 'node:crypto';

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

/** Equal for vocabularies in which each id means the same piece. */
export function vocabularyFingerprint({ pieces, special }: Vocabulary): string {
  const { padding, mask, all } = special;
  return createHash('sha256')
    .update(JSON.stringify([pieces, padding, mask, all]))
    .digest('hex')
    .slice(0, 32);
}
