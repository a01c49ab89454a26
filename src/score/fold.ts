/** @file Passes that read scores once, a chunk at a time: no matrix of all rows' logits is ever in memory. */
import type { Dataset, Truth } from '../data/dataset.js';
import type { EngineState } from '../engine/engine.js';
import type { NetworkScores, Scorer } from './scorer.js';

/** Rows come in order, in chunks of any size; the result does not depend on where they were cut. */
export interface ScoreFold<Result> {
  readonly add: (truth: Truth, scores: NetworkScores) => void;
  readonly result: () => Result;
}

/**
 * Scores a dataset and hands each chunk over with its truth.
 *
 * @param scored is told how many rows are done, after each call of the engine, and waited for
 */
export async function foldScores<Result>(
  scorer: Pick<Scorer, 'chunks'>,
  state: EngineState,
  dataset: Dataset,
  fold: ScoreFold<Result>,
  scored: (rows: number) => unknown = () => {},
): Promise<Result> {
  for await (const chunk of scorer.chunks(state, dataset)) {
    fold.add(truthRows(dataset, chunk.start, chunk.start + chunk.rows), chunk);
    await scored(chunk.start + chunk.rows);
  }
  return fold.result();
}

/** Some rows of a truth; nothing is copied. */
export function truthRows(truth: Truth, start: number, end: number): Truth {
  const { rows, layout, labels, mask, applies, ids } = truth;
  if (start === 0 && end === rows) return truth;
  const { width, answers } = layout;
  return {
    rows: end - start,
    layout,
    labels: {
      rows: end - start,
      width,
      values: labels.values.subarray(start * width, end * width),
      present: labels.present.subarray(start * width, end * width),
    },
    mask: mask.subarray(start * width, end * width),
    applies: applies.subarray(start * answers, end * answers),
    ids: ids.subarray(start, end),
  };
}

/** The element losses of scores, which were made with targets. */
export function lossesOf({ elementLosses }: NetworkScores): Float32Array {
  if (elementLosses === null) throw new Error('scores without targets have no losses');
  return elementLosses;
}
