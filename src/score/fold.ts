/** @file Passes that read scores once, a chunk at a time: no matrix of all rows' logits is ever in memory. */
import type { BoundRows } from '../data/bound-rows.js';
import type { Dataset, Truth } from '../data/dataset.js';
import { hiddenInputs } from '../data/hiding/hidden-inputs.js';
import { EVALUATION, hideTokens } from '../data/hiding/hide.js';
import { positionsOfRows } from '../data/ragged/extents.js';
import type { EngineState } from '../engine/engine.js';
import type { NetworkScores, Scorer } from './scorer.js';

/** Rows come in order, in chunks of any size; the result does not depend on where they were cut. */
export interface ScoreFold<Result> {
  readonly add: (truth: Truth, scores: NetworkScores) => void;
  readonly result: () => Result;
}

/**
 * Scores rows and hands each chunk over with its truth.
 *
 * @param scored is told how many rows are done, after each call of the engine, and waited for
 */
export async function foldScores<Result>(
  scorer: Pick<Scorer, 'chunks' | 'batchSize'>,
  state: EngineState,
  rows: BoundRows<Dataset>,
  fold: ScoreFold<Result>,
  scored: (rows: number) => unknown = () => {},
): Promise<Result> {
  let before = 0;
  for await (const dataset of rows.pieces(scorer.batchSize)) {
    await addScores(scorer, state, dataset, fold, (done) => scored(before + done));
    before += dataset.rows;
  }
  return fold.result();
}

/** As `foldScores`, of one piece of the rows. */
export async function addScores(
  scorer: Pick<Scorer, 'chunks'>,
  state: EngineState,
  dataset: Dataset,
  fold: Pick<ScoreFold<unknown>, 'add'>,
  scored: (rows: number) => unknown = () => {},
): Promise<void> {
  for await (const chunk of scorer.chunks(state, dataset)) {
    fold.add(withHiddenTokens(truthRows(dataset, chunk.start, chunk.start + chunk.rows)), chunk);
    await scored(chunk.start + chunk.rows);
  }
}

/** Of tasks that hide tokens, only those count that are hidden in evaluations: scores are of these. */
export function withHiddenTokens(truth: Truth): Truth {
  const { rows, layout, labels, ids } = truth;
  const inputs = hiddenInputs(layout);
  if (inputs.length === 0) return truth;
  const mask = truth.mask.slice();
  hideTokens(layout, { rows, mask, values: () => null, id: (row) => ids[row] as number }, EVALUATION); // one for each row
  const present = labels.present.slice();
  for (const { offset, columns } of inputs.flatMap(({ slots }) => slots)) {
    for (let row = 0; row < rows; row++) {
      const start = row * layout.width + offset;
      present.set(mask.subarray(start, start + columns), start);
    }
  }
  return { ...truth, mask, labels: { ...labels, present } };
}

/** Some rows of a truth; nothing is copied. */
export function truthRows(truth: Truth, start: number, end: number): Truth {
  const { rows, layout, labels, mask, applies, positions, ids } = truth;
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
    ...(positions ? { positions: positionsOfRows(positions, rows, start, end) } : {}),
    ids: ids.subarray(start, end),
  };
}

/** The element losses of scores, which were made with targets. */
export function lossesOf({ elementLosses }: NetworkScores): Float32Array {
  if (elementLosses === null) throw new Error('scores without labels have no losses');
  return elementLosses;
}
