/** @file Selections of whole blocks of a matrix: what is kept or pruned together, so that hardware can skip it. */
import { invalidOption } from '../../options.js';
import type { Mask } from '../masks/mask.js';
import { maskAt } from '../masks/mask.js';
import { requireLength } from '../shape.js';
import { extremesAmong } from './extremes.js';
import { checkScores, type Scores } from './scores.js';

export interface BlockOptions {
  /** Rows and columns of a block; those at the lower and right edge may be smaller. */
  readonly block: readonly [rows: number, columns: number];
  /** A block is taken only where all its elements are allowed. */
  readonly allowed?: Mask | undefined;
  /** Default `largest`. */
  readonly take?: 'largest' | 'smallest' | undefined;
}

/**
 * The elements of the `count` blocks with the largest mean score, so that smaller blocks at an edge are neither better nor
 * worse off; ties to the block that comes first, row by row.
 *
 * @param shape all axes but the last count as rows
 * @returns flat indices of elements, ascending
 * @throws HeadgateError `SELECTION_TOO_LARGE` when fewer blocks are allowed; `INVALID_OPTIONS`, `INVALID_SCORE`,
 *   `LENGTH_MISMATCH`
 */
export function blocks(
  scores: Scores,
  shape: readonly number[],
  count: number,
  { block, allowed, take = 'largest' }: BlockOptions,
): Uint32Array {
  const sides = block.every((side) => Number.isSafeInteger(side) && side > 0);
  if (!sides) throw invalidOption('block', block, { expected: 'two whole numbers from 1 on' });
  requireLength('scores', scores, shape);
  checkScores(scores, allowed);
  const columns = shape.at(-1) ?? 1;
  const all = blocksOf(columns === 0 ? 0 : scores.length / columns, columns, block);
  const means = Float64Array.from(all, (elements) => meanOf(scores, elements));
  const free = all.flatMap((elements, i) =>
    allowed === undefined || elements.every((index) => maskAt(allowed, index) === 1) ? [i] : [],
  );
  const taken = extremesAmong(means, count, Uint32Array.from(free), take === 'largest' ? -1 : 1);
  return Uint32Array.from([...taken].flatMap((i) => all[i] ?? [])).sort();
}

function blocksOf(rows: number, columns: number, [height, width]: readonly [number, number]): number[][] {
  const all: number[][] = [];
  for (let top = 0; top < rows; top += height) {
    for (let left = 0; left < columns; left += width) {
      const elements: number[] = [];
      for (let row = top; row < Math.min(rows, top + height); row++) {
        for (let column = left; column < Math.min(columns, left + width); column++) {
          elements.push(row * columns + column);
        }
      }
      all.push(elements);
    }
  }
  return all;
}

function meanOf(scores: Scores, elements: readonly number[]): number {
  let sum = 0;
  for (const index of elements) sum += scores[index] as number; // within
  return sum / elements.length;
}
