/** @file Finds the epoch whose validation is best, keeps its weights, and ends a fit that no longer gets better. */
import type { Json } from '../../flow/graph.js';
import type { EpochRecord } from '../history.js';
import type { Monitor } from '../monitor.js';
import type { Watcher } from './watcher.js';

export interface BestOptions {
  readonly monitor: Monitor;
  /** Whether the network gets the best epoch's weights when the fit ends. */
  readonly keeps: boolean;
  /** Validations in a row without a better value after which the fit ends; null for never. */
  readonly patience: number | null;
}

/** What is saved. */
interface Memory {
  readonly monitor: string;
  readonly keeps: boolean;
  /** Null before the first value that is finite. */
  readonly best: number | null;
  /** Validations since then. */
  readonly waited: number;
}

/** It looks at an epoch's record before any watcher of the user's: what they write into the weights is not yet there. */
export function best({ monitor, keeps, patience }: BestOptions): Watcher {
  let memory: Memory = { monitor: monitor.name, keeps, best: null, waited: 0 };
  /** True for a value that is better than all before; of equal ones the first is kept. */
  const isBetter = (value: number | null): value is number => {
    if (value === null || !Number.isFinite(value)) return false;
    if (memory.best === null) return true;
    return monitor.direction === 'minimise' ? value < memory.best : value > memory.best;
  };
  const look = (record: EpochRecord): number | null => {
    const value = monitor.read(record);
    const isNew = isBetter(value);
    memory = isNew ? { ...memory, best: value, waited: 0 } : { ...memory, waited: memory.waited + 1 };
    return isNew ? value : null;
  };
  return {
    name: 'best',
    on: async (event, fit) => {
      if (event.kind !== 'epoch' || event.record.validation === null) return;
      const value = look(event.record);
      if (value !== null && keeps) await fit.keep({ epoch: event.record.epoch, monitor: monitor.name, value });
      if (patience !== null && memory.waited >= patience) fit.stop('stopped');
    },
    save: () => ({ ...memory }),
    restore: (saved) => {
      const before = memoryOf(saved);
      // Values of another monitor cannot be compared, and a best epoch whose weights are gone cannot be gone back to.
      if (before.monitor !== monitor.name || (keeps && !before.keeps)) return;
      // Who continues a fit that its patience ended asks for as much patience again.
      const isSpent = patience !== null && before.waited >= patience;
      memory = { ...before, keeps, waited: isSpent ? 0 : before.waited };
    },
  };
}

function memoryOf(saved: Json): Memory {
  const { monitor, keeps, best: value, waited } = Object(saved) as Partial<Memory>; // each is checked next
  if (typeof monitor !== 'string' || typeof keeps !== 'boolean' || typeof waited !== 'number' || value === undefined) {
    throw new Error('this is not what the watcher of the best epoch saved');
  }
  return { monitor, keeps, best: value, waited };
}
