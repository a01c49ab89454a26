/** @file Selections lane by lane: so many of each row, of each column, of each M in a row (N:M). */
import { invalidOption } from '../../options.js';
import type { Mask } from '../masks/mask.js';
import { maskAt } from '../masks/mask.js';
import { type Axis, axisOf, requireLength } from '../shape.js';
import { type Direction, extremesAmong } from './extremes.js';
import { checkScores, type Scores } from './scores.js';

export interface LaneOptions {
  /** The elements of a lane lie along this axis; from -1 back from the last. */
  readonly axis: number;
  readonly allowed?: Mask | undefined;
  /** Default `largest`. */
  readonly take?: 'largest' | 'smallest' | undefined;
}

/**
 * Of each row the elements with the `count` largest scores: of a kernel `[inputs, units]`, so many weights of every input.
 * All axes but the last count as rows.
 *
 * @returns flat indices, ascending
 * @throws HeadgateError what `alongAxis` throws
 */
export function largestPerRow(scores: Scores, shape: readonly number[], count: number, allowed?: Mask): Uint32Array {
  return alongAxis(scores, shape, count, { axis: -1, allowed });
}

/**
 * Of each column the elements with the `count` largest scores: of a kernel `[..., units]`, so many weights of every unit.
 *
 * @returns flat indices, ascending
 * @throws HeadgateError what `alongAxis` throws
 */
export function largestPerColumn(scores: Scores, shape: readonly number[], count: number, allowed?: Mask): Uint32Array {
  const columns = shape.at(-1) ?? 1;
  return alongAxis(scores, [columns === 0 ? 0 : scores.length / columns, columns], count, { axis: 0, allowed });
}

/**
 * Of each lane along an axis, `count` elements; ties to the lower flat index.
 *
 * @returns flat indices, ascending
 * @throws HeadgateError `SELECTION_TOO_LARGE` when a lane has fewer allowed elements; `INVALID_OPTIONS`, `INVALID_SCORE`,
 *   `LENGTH_MISMATCH`
 */
export function alongAxis(
  scores: Scores,
  shape: readonly number[],
  count: number,
  { axis, allowed, take = 'largest' }: LaneOptions,
): Uint32Array {
  requireLength('scores', scores, shape);
  checkScores(scores, allowed);
  const lanes = lanesOf(axisOf(shape, axis), Number.POSITIVE_INFINITY, allowed);
  return chosen(lanes, (lane) => extremesAmong(scores, count, lane, directionOf(take)));
}

/**
 * N:M sparsity: of each `of` elements in a row along an axis, `keep`. A last group that is shorter keeps its share,
 * rounded up; where fewer are allowed, all of those.
 *
 * @returns flat indices, ascending
 * @throws HeadgateError `INVALID_OPTIONS` unless 0 <= keep <= of; `INVALID_SCORE`, `LENGTH_MISMATCH`
 * @example nOfM(scores, [256, 64], { keep: 2, of: 4, axis: 0 }) // 2:4 along the inputs
 */
export function nOfM(
  scores: Scores,
  shape: readonly number[],
  { keep, of, axis, allowed, take = 'largest' }: LaneOptions & { readonly keep: number; readonly of: number },
): Uint32Array {
  if (!Number.isSafeInteger(of) || of < 1) throw invalidOption('of', of, { expected: 'a whole number from 1 on' });
  if (!Number.isSafeInteger(keep) || keep < 0 || keep > of) {
    throw invalidOption('keep', keep, { expected: `a whole number from 0 to ${of}` });
  }
  requireLength('scores', scores, shape);
  checkScores(scores, allowed);
  const along = axisOf(shape, axis);
  const lanes = lanesOf(along, of, allowed);
  const rest = along.length % of;
  const groups = Math.ceil(along.length / of);
  return chosen(lanes, (lane, number) => {
    const isRest = rest > 0 && number % groups === groups - 1;
    const share = isRest ? Math.ceil((keep * rest) / of) : keep;
    return extremesAmong(scores, Math.min(share, lane.length), lane, directionOf(take));
  });
}

function directionOf(take: 'largest' | 'smallest'): Direction {
  return take === 'largest' ? -1 : 1;
}

/** Allowed indices of each lane, cut into groups of at most `length`: all groups of a lane, then those of the next. */
function lanesOf({ outer, length, inner }: Axis, most: number, allowed: Mask | undefined): Uint32Array[] {
  const lanes: Uint32Array[] = [];
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < inner; n++) {
      for (let start = 0; start < length; start += most) {
        const end = Math.min(length, start + most);
        const lane: number[] = [];
        for (let i = start; i < end; i++) {
          const index = (o * length + i) * inner + n;
          if (allowed === undefined || maskAt(allowed, index) === 1) lane.push(index);
        }
        lanes.push(Uint32Array.from(lane));
      }
    }
  }
  return lanes;
}

function chosen(lanes: readonly Uint32Array[], of: (lane: Uint32Array, number: number) => Uint32Array): Uint32Array {
  const parts = lanes.map(of);
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let next = 0;
  for (const part of parts) {
    all.set(part, next);
    next += part.length;
  }
  return all.sort();
}
