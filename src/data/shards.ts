/** @file Dividing rows into equal parts at random: every row in one. */
import { HeadgateError, show } from '../errors.js';
import { invalidOption, readOptions, wholeNumber } from '../options.js';
import { permutation } from '../random.js';

export interface ShardOptions {
  /** Any safe integer. Equal seeds divide equally. */
  readonly seed: number;
}

/**
 * Rows of each of `count` shards, in random order; shard k ends at round(rows × (k + 1) / count).
 *
 * @throws HeadgateError `INVALID_SPLIT`, `INVALID_OPTIONS`
 */
export function shardRows(rows: number, count: number, options: ShardOptions): readonly Uint32Array[] {
  const given: unknown = options; // from untyped code it may be left out
  if (given === undefined) {
    throw invalidOption('shards.seed', given, { expected: 'a second argument, e.g. { seed: 1 }' });
  }
  const { seed } = readOptions('shards', { seed: wholeNumber() }, given);
  if (!Number.isSafeInteger(count) || count < 1 || count > rows) {
    throw new HeadgateError({
      code: 'INVALID_SPLIT',
      path: 'shards',
      problem: 'the rows do not make so many shards',
      expected: `a whole number from 1 to ${rows}, the number of rows: no shard is empty`,
      received: show(count),
    });
  }
  const order = permutation(rows, { seed, stream: 'shards', counter: 0 });
  const end = (shard: number): number => Math.round((rows * shard) / count);
  return Array.from({ length: count }, (_, shard) => order.subarray(end(shard), end(shard + 1)));
}
