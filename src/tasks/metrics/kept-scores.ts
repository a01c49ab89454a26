/** @file Scores kept until the last row: a rank is not known before. One number a score, and not without end. */
import { at } from '../arrays.js';
import type { SplitScores } from './ranking.js';

/** Scores that one metric of one task keeps at most: 256 MiB of float32. */
const MAXIMUM_SCORES = 2 ** 26;

/** Columns that are taken out of the row-major chunks at once: one would read a cache line for each score. */
const COLUMNS = 16;

/** What a label says of a score, beside its place. */
export const NEGATIVE = 0;
export const POSITIVE = 1;
export const UNCOUNTED = 2;

interface Chunk {
  readonly rows: number;
  readonly scores: Float32Array;
  /** Side of a score (`NEGATIVE`, `POSITIVE`, `UNCOUNTED`), by its place among the chunk's scores, and its column. */
  readonly sideOf: (place: number, column: number) => number;
}

export interface KeptScores {
  /** Whether these rows still fit; when they do not, all is let go, for good. Ask before making their scores. */
  readonly hasRoom: (rows: number) => boolean;
  /** @param scores `[rows, columns]`, kept as they are */
  readonly add: (scores: Float32Array, sideOf: Chunk['sideOf']) => void;
  /** The scores of some columns, one after the other. */
  readonly columns: (chosen: readonly number[]) => Iterable<SplitScores>;
  /** Why nothing can be said; null while all is kept. */
  readonly note: () => string | null;
}

/** @param columns scores in a row */
export function keepScores(columns: number, limit: number = MAXIMUM_SCORES): KeptScores {
  let chunks: Chunk[] = [];
  let rows = 0;
  const isFull = (): boolean => rows * columns > limit;
  return {
    hasRoom: (more) => {
      rows += more;
      if (isFull()) chunks = [];
      return !isFull();
    },
    add: (scores, sideOf) => {
      chunks.push({ rows: scores.length / columns, scores, sideOf });
    },
    columns: (chosen) => columnsOf(chunks, columns, rows, chosen),
    note: () =>
      isFull()
        ? `ranking ${rows} rows of ${columns} scores would keep ${rows * columns} numbers in memory (at most ${limit}): evaluate fewer rows`
        : null,
  };
}

function* columnsOf(
  chunks: readonly Chunk[],
  width: number,
  rows: number,
  chosen: readonly number[],
): Generator<SplitScores> {
  const block = Array.from({ length: Math.min(COLUMNS, chosen.length) }, () => ({
    positives: new Float32Array(rows),
    negatives: new Float32Array(rows),
  }));
  for (let first = 0; first < chosen.length; first += COLUMNS) {
    const own = chosen.slice(first, first + COLUMNS);
    const ends = own.map(() => ({ positives: 0, negatives: 0 }));
    for (const chunk of chunks) {
      for (let row = 0; row < chunk.rows; row++) {
        for (let k = 0; k < own.length; k++) {
          const column = at(own, k);
          const place = row * width + column;
          const side = chunk.sideOf(place, column);
          if (side === UNCOUNTED) continue;
          const end = ends[k] as (typeof ends)[number]; // one for each of `own`
          const { positives, negatives } = block[k] as (typeof block)[number]; // `own` is no longer than the block
          if (side === POSITIVE) positives[end.positives++] = at(chunk.scores, place);
          else negatives[end.negatives++] = at(chunk.scores, place);
        }
      }
    }
    for (const [k, { positives, negatives }] of ends.entries()) {
      const { positives: p, negatives: n } = block[k] as (typeof block)[number];
      yield { positives: p.subarray(0, positives), negatives: n.subarray(0, negatives) };
    }
  }
}
