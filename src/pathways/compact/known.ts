/** @file What is known of the channels of one tensor: which do not depend on the network's inputs, and their values. */
import type { tf } from '../../tf.js';

/** Measured over the rows and positions of the probes. */
export interface Measured {
  /** By channel: the same at each row and position. */
  readonly uniform: readonly boolean[];
  /** By channel. */
  readonly means: readonly number[];
}

/** Where the channels of a tensor lie, and which of them are computed of no input. */
export interface Dependence {
  /** Counted from the batch axis, 0. */
  readonly axis: number;
  readonly independent: readonly boolean[];
}

export interface Known extends Dependence, Measured {
  readonly rank: number;
}

/** The value that a channel has for every input and at every position; null where it has none. */
export function constantAt({ independent, uniform, means }: Known, channel: number): number | null {
  return independent[channel] && uniform[channel] ? (means[channel] ?? null) : null;
}

/** Rounding that differs from position to position, as averages of fewer elements at a border do. */
const ROUNDING = 1e-6;

export function measured(tensor: tf.Tensor, axis: number): Measured {
  const size = tensor.shape[axis] ?? 1;
  const inner = tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const least = new Float64Array(size).fill(Infinity);
  const most = new Float64Array(size).fill(-Infinity);
  const sums = new Float64Array(size);
  const values = tensor.dataSync();
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / inner) % size;
    const value = values[i] ?? Number.NaN;
    least[channel] = Math.min(least[channel] ?? value, value);
    most[channel] = Math.max(most[channel] ?? value, value);
    sums[channel] = (sums[channel] ?? 0) + value;
  }
  const count = values.length / size;
  const means = Array.from(sums, (sum, i) => (least[i] === most[i] ? (least[i] ?? 0) : sum / count));
  const uniform = means.map((mean, i) => (most[i] ?? 0) - (least[i] ?? 0) <= ROUNDING * Math.abs(mean));
  return { uniform, means };
}

/** Along `axis`: nothing is known where the channels lie along another. */
export function knownAlong(known: Known, axis: number, size: number): Known {
  if (known.axis === axis && known.means.length === size) return known;
  const all = <T>(value: T): T[] => Array<T>(size).fill(value);
  return { rank: known.rank, axis, independent: all(false), uniform: all(false), means: all(Number.NaN) };
}
