/** @file Work on many rows, some at a time. */
import { availableParallelism } from 'node:os';
import { setImmediate as otherWork } from 'node:timers/promises';

/** Decoding runs in the threads that Node has for such work, of which there are 4 unless UV_THREADPOOL_SIZE says otherwise. */
const LANES = Math.max(2, Math.min(4, availableParallelism()));

/** Pieces of work after which other work of the process has its turn, also where none of them waits for anything. */
const TURN = 64;

/**
 * Does `one` for 0, 1, …, `count` − 1. The first failure by number is thrown, whichever came first, when nothing runs any more.
 */
export async function inLanes(count: number, one: (i: number) => Promise<void>): Promise<void> {
  const failures = new Map<number, unknown>();
  let next = 0;
  const lane = async (): Promise<void> => {
    // All before a failed one were begun, so that the first is known at the end.
    while (next < count && failures.size === 0) {
      const i = next++;
      if (i % TURN === TURN - 1) await otherWork();
      try {
        await one(i);
      } catch (error) {
        failures.set(i, error);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
}
