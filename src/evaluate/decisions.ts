/** @file What the network decided of some rows: scores, decoded values, and which tasks they let in. */
import type { Positions } from '../data/ragged/extents.js';
import type { Scores, Thresholds } from '../score/scores.js';
import type { Layout } from '../tasks/layout.js';
import { decode } from './decode.js';
import { decodedGates, type Gates } from './gates.js';

export interface Decisions {
  readonly scores: Scores;
  /** `[rows, layout.width]`; means nothing where a task's gate is closed. */
  readonly decoded: Float64Array;
  readonly gates: Gates;
  /** Where tasks along the axes of a ragged input have a position; null where all rows have all of them. */
  readonly positions: Positions | null;
}

/**
 * Throws what `decode` throws.
 *
 * @param ids of the rows, for messages
 * @param positions that some rows lack
 */
export function decide(
  layout: Layout,
  scores: Scores,
  thresholds: Thresholds,
  ids: Uint32Array | null = null,
  positions: Positions | null = null,
): Decisions {
  const decoded = decode(layout, scores, thresholds, ids);
  return { scores, decoded, gates: decodedGates(layout, decoded, positions), positions };
}
