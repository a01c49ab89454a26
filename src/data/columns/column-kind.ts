/** @file The ColumnKind interface: a kind of column answers for itself, so that nobody switches on a kind's name. */
import type { Json } from '../../flow/graph.js';

/** `unknown`: a value that the kind has no place of its own for; `cut`: one that is longer than its places, and read in part. */
export type CellSort = 'present' | 'missing' | 'unknown' | 'cut';

/** Where `encode` writes one cell: `values[offset..offset+width)`, which hold 0. */
export interface ColumnCell {
  readonly values: Float32Array;
  readonly offset: number;
}

/**
 * A kind of column with its options applied, e.g. what is behind `number()`. Pure and frozen: what it learns is given to
 * it. `defineColumn` makes an input of one, or a column of `columns`.
 *
 * @typeParam Cell what a cell may be, for the compiler; null and undefined are missing
 */
export interface ColumnKind<Cell = unknown> {
  /** E.g. `number`. Saved, and compared when a model is loaded. */
  readonly kind: string;
  /** As they were given, what is at its default left out. A saved model fits columns with equal options alone. */
  readonly options: Json;
  /** Numbers that a cell becomes. It follows from the options: the network's shape never depends on data. */
  readonly width: number;
  /** Its numbers are no amounts (the index of a category), and so no part of a vector: it is an input by itself. */
  readonly isAlone?: boolean;
  /** Of such a kind, where its numbers are ids for an embedding: what the default backbone makes of them. Absent: it refuses them. */
  readonly ids?: IdsOfColumn;
  /**
   * Starts to learn from training rows. Absent: nothing is learnt.
   *
   * @param kept numbers that it may keep in memory, at most
   */
  readonly learn?: (kept: number) => ColumnLearning;
  /**
   * @param learnt what `learn` gave, also from a file; null where nothing was learnt: before the first fit, after one of
   *   rows that can be read once, or of a kind that learns nothing
   * @throws HeadgateError `INVALID_FLOW` for what `learn` never gives
   */
  readonly encoder: (learnt: Json) => ColumnEncoder;
  /** Never set. */
  readonly __cell?: Cell;
}

/** Numbers that are ids of something. */
export interface IdsOfColumn {
  /** They are 0 to `count` - 1. */
  readonly count: number;
  /** The id that stands where there is nothing, in a series of them; null where each cell is one id. */
  readonly padding: number | null;
}

/** One fold over the cells of a column. The result may not depend on how rows were cut into chunks. */
export interface ColumnLearning {
  /** A cell that is not missing, and that the encoder could read before anything was learnt. */
  readonly add: (cell: unknown) => void;
  readonly result: () => LearntColumn;
}

export interface LearntColumn {
  /** Plain data, which is saved with the model. */
  readonly learnt: Json;
  /** How many of the cells have no place of their own by it. Default 0. */
  readonly unknown?: number;
}

export interface ColumnEncoder {
  /** What each of its numbers is called after the column: `''`, `'?'`, `'=male'`. `[width]`. */
  readonly places: readonly string[];
  /** What was learnt, for a person to read; empty where nothing was. */
  readonly says: string;
  /**
   * Writes the numbers of a cell, each of which float32 must hold.
   *
   * @param cell null where it is missing
   * @param where the cell is, for errors: `rows[3].age`
   * @throws HeadgateError `INVALID_INPUT` for a cell that cannot be read; `invalidCell` makes it
   */
  readonly encode: (cell: unknown, into: ColumnCell, where: () => string) => CellSort;
  /**
   * Of a kind whose cells may be shorter than its width, by itself and with an axis: how many of the numbers that a cell
   * became are its own, from the first on; the rest pads. Absent: all.
   */
  readonly reach?: (encoded: ColumnCell) => number;
}
