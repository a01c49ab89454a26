/** @file Notes about rows that come in a stream: they are of all rows, and so are known when a whole epoch was read. */
import type { OnlyTasks } from '../../data/bind.js';
import type { Dataset } from '../../data/dataset.js';
import type { Table } from '../../data/table.js';
import type { Note } from '../../notes.js';
import type { Layout } from '../../tasks/layout.js';
import type { Watcher } from '../../train/watchers/watcher.js';
import type { LabelWatch } from './label-watch.js';
import { watchTraining } from './labels.js';

/**
 * @param tell is called once, at the end of the first epoch that was read from its beginning
 * @param also sees the rows of that epoch
 */
export function streamNotes(
  { layout, only }: { readonly layout: Layout; readonly only: OnlyTasks },
  tell: (notes: readonly Note[]) => void,
  also: { readonly see: (dataset: Dataset) => void },
): { readonly seen: (dataset: Dataset, table: Table) => void; readonly watcher: Watcher } {
  let isTold = false;
  let running: LabelWatch | null = null;
  return {
    seen: (dataset, table) => {
      if (running === null) return;
      running.see(dataset, table);
      also.see(dataset);
    },
    watcher: {
      name: 'notes',
      on: (event) => {
        if (event.kind === 'epochBegin') running = isTold || event.step > 0 ? null : watchTraining(layout, only);
        if (event.kind !== 'measure' || running === null) return;
        isTold = true;
        tell(running.notes());
      },
    },
  };
}
