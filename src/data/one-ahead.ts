/** @file Items that are asked for before their turn, so that making one and using another go on at the same time. */
import { setImmediate } from 'node:timers/promises';

/**
 * Asks for an item before the one before it is given away. What it throws is thrown when its turn comes.
 *
 * @param isLater asks in a turn of its own: whoever has the item before may begin to use it first, and what works for him
 *   in another thread goes on while the next one is made in this
 */
export async function* oneAhead<T>(items: AsyncIterable<T>, isLater = false): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<T>> => {
    const asked = isLater ? setImmediate().then(() => iterator.next()) : iterator.next();
    asked.catch(() => {}); // it is thrown when its turn comes
    return asked;
  };
  let isDone = false;
  try {
    let next = iterator.next();
    for (;;) {
      const result = await next.catch((error: unknown) => {
        isDone = true; // an iterator that threw has ended
        throw error;
      });
      isDone = result.done === true;
      if (result.done === true) return;
      next = ask();
      yield result.value;
    }
  } finally {
    if (!isDone) await iterator.return?.();
  }
}
