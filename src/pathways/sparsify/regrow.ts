/** @file Exchanges weights of a pathway: the smallest that are left for those that the loss asks for most. */
import { marked } from '../assign/weights.js';
import { extremesAmong } from '../select/extremes.js';
import { ones } from './prune.js';

export interface Exchange {
  /** 1 for each element that the pathway has. */
  readonly mask: Uint8Array;
  /** 1 for elements that it may not have; null for none. */
  readonly taken: Uint8Array | null;
  readonly weights: ArrayLike<number>;
  /** Of the loss, by each weight as if it were there. */
  readonly gradients: ArrayLike<number>;
  /** Of the weights that it has. */
  readonly share: number;
}

export interface Exchanged {
  readonly mask: Uint8Array;
  /** How many were dropped, and as many grown. */
  readonly count: number;
}

/**
 * Drops the share of its weights with the least |w| and grows as many where |gradient| is largest, ties to the lower flat
 * index: as many elements as before, always (Evci et al., "Rigging the Lottery", ICML 2020, algorithm 1). Only what was
 * masked before the drop may grow, so that at little sparsity no weight is set back to 0 for its own place; where fewer are
 * masked, fewer are exchanged.
 */
export function exchanged({ mask, taken, weights, gradients, share }: Exchange): Exchanged {
  const kept = places(mask, (value) => value === 1);
  const free = places(mask, (value, i) => value === 0 && taken?.[i] !== 1);
  const count = Math.min(free.length, Math.floor(share * kept.length + 1e-9));
  const sizes = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, Math.abs);
  const dropped = new Set(extremesAmong(sizes(weights), count, kept, 1));
  const grown = extremesAmong(sizes(gradients), count, free, -1);
  const next = marked(mask.length, [...kept.filter((i) => !dropped.has(i)), ...grown]);
  if (ones(next) !== kept.length) throw new Error('an exchange changed how many weights there are');
  return { mask: next, count };
}

function places(mask: Uint8Array, isIn: (value: number, i: number) => boolean): Uint32Array {
  return Uint32Array.from({ length: mask.length }, (_, i) => i).filter((i) => isIn(mask[i] ?? 0, i));
}
