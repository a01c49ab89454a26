/** @file Dividing rows at random, the same way for the same seed. */
import { HeadgateError, show } from '../errors.js';
import { invalidOption, readOptions, wholeNumber } from '../options.js';
import { permutation } from '../random.js';

export interface SplitOptions {
  /** Any safe integer. Equal seeds divide equally. */
  readonly seed: number;
}

/**
 * Rows of each part, in random order. Part k ends at round(rows × sum of the shares up to k), so that every row lands
 * in exactly one part and no part is off by more than one.
 *
 * @throws HeadgateError `INVALID_SPLIT`, `INVALID_OPTIONS`
 */
export function splitRows(
  rows: number,
  shares: Readonly<Record<string, number>>,
  options: SplitOptions,
): [string, Uint32Array][] {
  const given: unknown = options; // from untyped code it may be left out
  if (given === undefined)
    throw invalidOption('split.seed', given, { expected: 'a second argument, e.g. { seed: 1 }' });
  const { seed } = readOptions('split', { seed: wholeNumber() }, given, { random_state: 'seed', randomState: 'seed' });
  const entries = typeof shares === 'object' && !Array.isArray(shares) ? Object.entries(shares ?? {}) : [];
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  if (entries.some(([, share]) => !(share > 0)) || !(Math.abs(total - 1) < 1e-9)) {
    throw new HeadgateError({
      code: 'INVALID_SPLIT',
      path: 'split',
      problem: 'The shares do not divide the rows.',
      expected: 'positive numbers that add up to 1',
      received: show(shares),
      mend: 'For example { train: 0.8, validation: 0.1, test: 0.1 }.',
    });
  }
  const order = permutation(rows, { seed, stream: 'split', counter: 0 });
  let share = 0;
  let start = 0;
  return entries.map(([name, own], part) => {
    share += own;
    const end = part === entries.length - 1 ? rows : Math.round(rows * share);
    const taken = order.subarray(start, end);
    start = end;
    return [name, taken];
  });
}
