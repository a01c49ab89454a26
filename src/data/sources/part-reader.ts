/** @file One dataset of a mixture, read a row at a time: one chunk of it is held, and its place is plain data. */
import type { Json } from '../../flow/graph.js';
import type { Table } from '../table.js';
import type { Chunk, Source } from './source.js';

/** Where a part stands. */
export interface PartPlace {
  /** How often all of its rows were read before, in this epoch or an earlier one. */
  readonly turn: number;
  /** The source's mark before the chunk that is held, and the rows of it that were taken. */
  readonly before: Json;
  readonly skip: number;
}

export interface PartReader {
  /** Whether a row is there to be taken, without reading on. */
  readonly isReady: () => boolean;
  /** Reads on until a row is there; false where all were taken. */
  readonly fill: () => Promise<boolean>;
  /** Takes the row that is there. */
  readonly take: () => void;
  /** The rows that were taken since this was last asked, in their order. */
  readonly taken: () => readonly Piece[];
  readonly place: () => PartPlace;
  readonly close: () => Promise<void>;
}

export interface Piece {
  readonly table: Table;
  readonly ids: Uint32Array;
}

/** @param isRepeated whether its rows come again, in another order, when all were taken */
export function partReader(source: Source, seed: number, from: PartPlace, isRepeated: boolean): PartReader {
  let { turn, before, skip } = from;
  let chunks: AsyncIterator<Chunk> | null = null;
  let held: Chunk | null = null;
  let [start, at, hasEnded] = [0, 0, false];
  let pieces: Piece[] = [];
  const rows = (): number => held?.ids.length ?? 0;
  const keep = (): void => {
    if (held !== null && at > start) {
      pieces.push({ table: held.table.slice(start, at), ids: held.ids.subarray(start, at) });
    }
    start = at;
  };
  const advance = async (): Promise<void> => {
    chunks ??= source.read({ seed, epoch: turn }, before)[Symbol.asyncIterator]();
    const { done, value } = await chunks.next();
    if (done !== true) {
      held = value;
      at = Math.min(skip, value.ids.length);
      skip -= at;
      start = at;
      return;
    }
    chunks = null;
    if (isRepeated) [turn, before] = [turn + 1, null];
    else hasEnded = true;
  };
  return {
    isReady: () => at < rows(),
    fill: async () => {
      while (at >= rows() && !hasEnded) {
        keep();
        if (held !== null) before = held.mark;
        [held, start, at] = [null, 0, 0];
        await advance();
      }
      return !hasEnded;
    },
    take: () => {
      at++;
    },
    taken: () => {
      keep();
      const all = pieces;
      pieces = [];
      return all;
    },
    place: () => ({ turn, before, skip: at + skip }),
    close: async () => {
      await chunks?.return?.();
    },
  };
}
