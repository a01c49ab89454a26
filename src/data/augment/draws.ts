/** @file The random numbers of a row in an epoch: of nothing else, so that no batch, chunk or order changes them. */
import { type RandomStreamKey, randomWords } from '../../random.js';
import type { Draws } from './augmentation.js';

/**
 * A row's own numbers. Its block of the epoch's stream becomes the seed of a stream that has as many as are asked for.
 *
 * @param key of the augmentation in this epoch
 * @param id of the row in its source
 */
export function drawsOf(key: RandomStreamKey, id: number): Draws {
  const block = randomWords(key, new Uint32Array(4), id * 4);
  const seed = (block[0] as number) * 2 ** 21 + ((block[1] as number) >>> 11); // 53 bits
  const words = new Uint32Array(4);
  let used = 0;
  return {
    uniform: () => {
      if (used % 4 === 0) randomWords({ seed, stream: 'row', counter: 0 }, words, used);
      return ((words[used++ % 4] as number) >>> 8) * 2 ** -24;
    },
    stream: () => ({ seed, stream: 'pixels', counter: 0 }),
  };
}
