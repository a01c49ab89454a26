/** @file Bound rows that come a piece at a time: a table's all at once, a source's in pieces of one size. */
import { type Rechunked, rechunked, requireRows } from './rechunk.js';
import type { Source } from './sources/source.js';

export interface BoundRows<Piece> {
  /** Null when nobody knows yet. */
  readonly rows: number | null;
  /**
   * From the first row on, in order, anew at each call.
   *
   * @param size rows of a piece; those that are all there anyway come as one piece of any size
   */
  readonly pieces: (size: number) => AsyncIterable<Piece>;
}

/** Rows that are all there. */
export function wholeRows<Piece extends { readonly rows: number }>(bound: Piece): BoundRows<Piece> {
  return {
    rows: bound.rows,
    async *pieces() {
      yield bound;
    },
  };
}

/** One reading of a source. */
export interface Reading<Piece> {
  readonly bind: (chunk: Rechunked) => Piece;
  /** After the last row. */
  readonly end: () => void;
}

/**
 * Rows of a source, bound anew at each reading.
 *
 * @throws HeadgateError `EMPTY_DATASET`, `INVALID_SOURCE`; what the source and `start`'s functions throw
 */
export function sourceRows<Piece>(source: Source, start: () => Reading<Piece>): BoundRows<Piece> {
  return {
    rows: source.rows,
    async *pieces(size) {
      const reading = start();
      let rows = 0;
      for await (const chunk of rechunked(source, null, null, size)) {
        rows += chunk.table.rows;
        yield reading.bind(chunk);
      }
      requireRows(source, rows);
      reading.end();
    },
  };
}
