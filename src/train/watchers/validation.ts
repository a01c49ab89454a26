/** @file Measures the validation rows after each epoch. */
import type { BoundRows } from '../../data/bound-rows.js';
import type { Dataset } from '../../data/dataset.js';
import { type ValidationOptions as Measures, startValidation } from '../../evaluate/validation.js';
import type { Thresholds } from '../../score/scores.js';
import type { Layout } from '../../tasks/layout.js';
import type { Watcher } from './watcher.js';

export interface ValidationOptions extends Omit<Measures, 'weights'> {
  readonly layout: Layout;
  readonly rows: BoundRows<Dataset>;
  readonly thresholds: Thresholds;
}

export function validation({ layout, rows, thresholds, ...measures }: ValidationOptions): Watcher {
  return {
    name: 'validation',
    on: async (event, fit) => {
      if (event.kind !== 'measure') return;
      fit.measured(await fit.fold(rows, startValidation(layout, thresholds, { ...measures, weights: fit.weights })));
    },
  };
}
