/** @file Pieces and their ids. Read by hand: schemas pass over keys such as `__proto__`, and a piece may be called so. */
import { isRecord } from '../../../../options.js';
import { invalidTokenizer } from './errors.js';

/** Four times the largest that is in use. */
export const MOST_PIECES = 2 ** 20;

/** In UTF-16 units; the longest in use are runs of blanks. A Unigram model compares a text with all that begin at a place. */
const MOST_UNITS = 512;

/** @throws HeadgateError `INVALID_TOKENIZER` unless distinct pieces have distinct whole ids; holes are seen by `piecesById` */
export function readVocabulary(value: unknown, path: string): Map<string, number> {
  if (!isRecord(value)) {
    throw invalidTokenizer(path, { problem: 'This must be an object of ids by piece.', received: value });
  }
  const ids = new Map<string, number>();
  const taken = new Set<number>();
  for (const [piece, id] of Object.entries(value)) {
    checkPiece(piece, path);
    checkId(id, piece, path);
    if (taken.has(id))
      throw invalidTokenizer(path, { problem: 'Two pieces have one id.', received: `${piece}: ${id}` });
    taken.add(id);
    ids.set(piece, id);
  }
  if (ids.size === 0) throw invalidTokenizer(path, { problem: 'There are no pieces.' });
  return ids;
}

export function checkPiece(piece: string, path: string): void {
  if (piece.length <= MOST_UNITS) return;
  const problem = 'This piece is longer than any that is in use.';
  throw invalidTokenizer(path, { problem, expected: `at most ${MOST_UNITS} UTF-16 units`, received: piece });
}

export function checkId(id: unknown, piece: string, path: string): asserts id is number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MOST_PIECES) return;
  throw invalidTokenizer(path, {
    problem: 'This is no id.',
    expected: `a whole number from 0 to ${MOST_PIECES - 1}`,
    received: `${piece}: ${String(id)}`,
  });
}

/** @throws HeadgateError `INVALID_TOKENIZER` where an id between is nobody's: an embedding would have a row that nothing trains */
export function piecesById(ids: ReadonlyMap<string, number>): readonly string[] {
  const pieces = [...ids].sort(([, a], [, b]) => a - b);
  for (const [place, [piece, id]] of pieces.entries()) {
    if (id === place) continue;
    throw invalidTokenizer('model.vocab', {
      problem: `No piece has the id ${place}.`,
      expected: 'ids from 0 on without holes, those of added_tokens included',
      received: `${piece}: ${id} comes next`,
    });
  }
  return Object.freeze(pieces.map(([piece]) => piece));
}
