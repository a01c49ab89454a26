/** @file Chooses the elements of a selection: the best, the worst, or any, of each parameter or of all together. */
import { type Mask, maskOf, packMask } from '../masks/mask.js';
import { largest, smallest } from '../select/extremes.js';
import { gaussianByRank, randomly } from '../select/random.js';
import { sizeOf } from '../shape.js';

export type Take = 'top' | 'bottom' | 'random' | { readonly gaussian: number };

/** A share of the elements, or so many. */
export type SelectedAmount = number | { readonly count: number };

/** A parameter that may be chosen from. */
export interface Pool {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scores: Float64Array;
  /** 1 for the elements that may be chosen. */
  readonly allowed: Uint8Array;
}

export interface ChoiceOptions {
  readonly amount: SelectedAmount;
  readonly take: Take;
  readonly scope: 'layer' | 'global';
  readonly seed: number;
}

/**
 * A share is of the elements that may be chosen, rounded; ties go to the parameter that comes first, then to the lower
 * flat index. `gaussian` draws ranks by score (`gaussianByRank`).
 *
 * @returns by parameter, also those of which nothing is chosen
 * @throws HeadgateError `SELECTION_TOO_LARGE` where fewer elements may be chosen than are asked for
 */
export function chooseElements(pools: readonly Pool[], options: ChoiceOptions): ReadonlyMap<string, Mask> {
  if (options.scope === 'layer') {
    return new Map(
      pools.map(({ name, shape, scores, allowed }, place) => {
        const own = { ...options, seed: options.seed + place };
        return [name, maskOf(shape, taken(scores, allowed, own))];
      }),
    );
  }
  const scores = Float64Array.from(pools.flatMap((pool) => [...pool.scores]));
  const allowed = Uint8Array.from(pools.flatMap((pool) => [...pool.allowed]));
  const indices = taken(scores, allowed, options);
  let start = 0;
  return new Map(
    pools.map(({ name, shape }) => {
      const [from, to] = [start, start + sizeOf(shape)];
      start = to;
      return [
        name,
        maskOf(
          shape,
          indices.filter((i) => i >= from && i < to).map((i) => i - from),
        ),
      ];
    }),
  );
}

function taken(scores: Float64Array, allowed: Uint8Array, { amount, take, seed }: ChoiceOptions): Uint32Array {
  const mask = packMask('allowed', [allowed.length], allowed);
  const free = allowed.reduce((sum, value) => sum + value, 0);
  const count = typeof amount === 'number' ? Math.round(amount * free) : amount.count;
  if (take === 'top') return largest(scores, count, mask);
  if (take === 'bottom') return smallest(scores, count, mask);
  if (take === 'random') return randomly(scores.length, count, seed, mask);
  return gaussianByRank(scores, count, { std: take.gaussian, seed }, mask);
}
