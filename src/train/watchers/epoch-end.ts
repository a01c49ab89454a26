/** @file The user's callback after each epoch. */
import type { EpochRecord } from '../history.js';
import type { Watcher } from './watcher.js';

/** The weights are published first: `save`, `predict` and `evaluate` in the callback see those of the epoch. */
export function epochEnd(callback: (record: EpochRecord) => unknown): Watcher {
  return {
    name: 'onEpochEnd',
    on: async (event, fit) => {
      if (event.kind !== 'epoch') return;
      await fit.publish();
      if ((await callback(event.record)) === 'stop') fit.stop('stopped');
    },
  };
}
