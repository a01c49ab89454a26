/** @file Ctrl-C during a fit: the first ends it as a signal would, the second ends the process. */
import type { Watcher } from './watcher.js';

/** One for each running fit; the process has one listener for all of them, while there are any. */
const running = new Set<() => void>();

/** A listener that ran is gone, so that the next Ctrl-C meets the default: the process ends at once. */
function listener(): void {
  process.removeListener('SIGINT', listener);
  process.stderr.write('\nEnding after this step. Ctrl-C once more ends the process at once.\n');
  for (const stop of running) stop();
}

/** True when nobody but our own fits listens for Ctrl-C. */
export function isInterruptFree(): boolean {
  return process.listeners('SIGINT').every((other) => other === listener);
}

export function interrupt(): Watcher {
  let stop: (() => void) | null = null;
  return {
    name: 'interrupt',
    on: (event, fit) => {
      if (event.kind === 'begin') {
        stop = () => fit.stop('aborted');
        running.add(stop);
        if (!process.listeners('SIGINT').includes(listener)) process.on('SIGINT', listener);
      }
      if (event.kind === 'end' && stop !== null) {
        running.delete(stop);
        if (running.size === 0) process.removeListener('SIGINT', listener);
      }
    },
  };
}
