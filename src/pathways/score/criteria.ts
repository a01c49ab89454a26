/**
 * @file How important each weight is, by several criteria. All are pure functions that give a new array in the order of
 * the weights, in float64: a product of two float32 is exact there, so that a selection is not decided by rounding.
 */
import { randomWords } from '../../random.js';
import { requireLength, sizeOf } from '../shape.js';
import { type InputStatistics, meanOf, mismatch } from './inputs.js';

/** A weight tensor: `[inputs, units]`, `[height, width, inputs, filters]`; the last axis but one is of inputs. */
export interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** |w| (Han et al., "Learning both weights and connections", NeurIPS 2015). */
export function magnitude({ data }: Weights): Float64Array {
  return Float64Array.from(data, Math.abs);
}

/** w where it is positive, else 0. */
export function positive({ data }: Weights): Float64Array {
  return Float64Array.from(data, (w) => Math.max(w, 0));
}

/** |w| where w is negative, else 0. */
export function negative({ data }: Weights): Float64Array {
  return Float64Array.from(data, (w) => Math.max(-w, 0) + 0); // no -0
}

/** Chance: uniform above 0 and below 1, a function of seed and place. @throws HeadgateError `INVALID_SEED` */
export function randomScores(shape: readonly number[], seed: number): Float64Array {
  const words = randomWords({ seed, stream: 'score/random', counter: 0 }, new Uint32Array(sizeOf(shape)));
  return Float64Array.from(words, (word) => (word + 0.5) / 2 ** 32);
}

/**
 * Mean activated value: |mean of x·w| = |w| · |mean x|.
 *
 * @throws HeadgateError `LENGTH_MISMATCH` for other inputs than the weights read, `EMPTY_DATASET` without samples
 */
export function meanActivated(weights: Weights, inputs: InputStatistics): Float64Array {
  return factored(weights, meanOf(inputs, inputs.sum).map(Math.abs));
}

/**
 * Mean absolute activated value: mean of |x·w| = |w| · mean |x|; the same for a data set and for the data set twice.
 *
 * @throws HeadgateError what `meanActivated` throws
 */
export function meanAbsoluteActivated(weights: Weights, inputs: InputStatistics): Float64Array {
  return factored(weights, meanOf(inputs, inputs.sumAbsolute));
}

/**
 * |w| · √(mean x²): the criterion of Wanda (Sun et al., "A simple and effective pruning approach for large language models",
 * ICLR 2024) over √count, which is one factor for all weights.
 *
 * @throws HeadgateError what `meanActivated` throws
 */
export function rmsActivated(weights: Weights, inputs: InputStatistics): Float64Array {
  return factored(weights, meanOf(inputs, inputs.sumSquare).map(Math.sqrt));
}

/**
 * How much more a weight does for one set of samples than for the rest: |w| · (mean |x| over the target − mean |x| over the
 * rest). Each is a mean of its own, so that the sets may be of any sizes. Below 0 where the rest uses the weight more.
 *
 * @throws HeadgateError what `meanActivated` throws
 */
export function taskDifference(weights: Weights, target: InputStatistics, rest: InputStatistics): Float64Array {
  const [own, others] = [meanOf(target, target.sumAbsolute), meanOf(rest, rest.sumAbsolute)];
  if (own.length !== others.length) throw mismatch('rest', own.length, others.length);
  const differences = own.map((value, i) => value - (others[i] as number)); // of one length
  return factored(weights, differences);
}

/** |g·w|: what the loss changes by, to first order, without the weight (Molchanov et al., ICLR 2017). @throws HeadgateError `LENGTH_MISMATCH` */
export function taylor({ data, shape }: Weights, gradient: Float32Array): Float64Array {
  requireLength('gradient', gradient, shape);
  return Float64Array.from(data, (w, i) => Math.abs(w * (gradient[i] as number))); // one length
}

/** |g|. */
export function gradientMagnitude(gradient: Float32Array): Float64Array {
  return Float64Array.from(gradient, Math.abs);
}

/** g²: of one sample's gradient, what the diagonal of the empirical Fisher information is the mean of. */
export function fisher(gradient: Float32Array): Float64Array {
  return Float64Array.from(gradient, (g) => g * g);
}

/**
 * w · (w − w₀): positive where training has moved the weight away from 0 (the accumulated form of Sanh et al., "Movement
 * pruning", NeurIPS 2020, for plain gradient descent at w).
 *
 * @throws HeadgateError `LENGTH_MISMATCH`
 */
export function movement({ data, shape }: Weights, before: Float32Array): Float64Array {
  requireLength('before', before, shape);
  return Float64Array.from(data, (w, i) => w * (w - (before[i] as number)) + 0); // one length; no -0
}

/**
 * The rank of each score within its row, 0 the least: to take a share of each row's weights instead of the kernel's. Of
 * equal scores the one that comes first ranks higher, as in a selection.
 *
 * @throws HeadgateError `LENGTH_MISMATCH`
 */
export function rowRanks(scores: Float32Array | Float64Array, shape: readonly number[]): Float64Array {
  requireLength('scores', scores, shape);
  const columns = shape.at(-1) ?? 1;
  const ranks = new Float64Array(scores.length);
  for (let start = 0; start < scores.length; start += columns) {
    const score = (column: number): number => scores[start + column] as number; // within
    const order = Uint32Array.from({ length: columns }, (_, column) => column);
    order.sort((a, b) => score(a) - score(b) || b - a);
    order.forEach((column, rank) => {
      ranks[start + column] = rank;
    });
  }
  return ranks;
}

/** |w| · factor of its input, which lies along the last axis but one. */
function factored({ data, shape }: Weights, factor: Float64Array): Float64Array {
  requireLength('weights', data, shape);
  const units = shape.at(-1) ?? 1;
  const inputs = shape.at(-2) ?? 1;
  if (factor.length !== inputs) throw mismatch('statistics', inputs, factor.length);
  return Float64Array.from(data, (w, i) => Math.abs(w) * (factor[Math.floor(i / units) % inputs] as number)); // below it
}
