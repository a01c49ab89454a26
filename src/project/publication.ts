/** @file What the verbs that read a project see while it is fit: the weights of the last epoch that has ended. */
import type { Watcher } from '../train/watchers/watcher.js';

/** It comes before every watcher of the user's, so that all of them see the epoch's own weights. */
export function publication(): Watcher {
  return {
    name: 'publication',
    on: (event, fit) => (event.kind === 'epoch' ? fit.publish() : undefined),
  };
}
