/** @file Turns for the rest of the process: engines that compute in this thread never give it up by themselves. */

/** Milliseconds of work after which timers, signals and the user's own callbacks get their turn. */
const TURN = 50;

/** Called often, waits for one turn of the event loop now and then. */
export function createTurns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < TURN) return;
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
  };
}
