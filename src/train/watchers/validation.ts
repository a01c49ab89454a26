/** @file Measures the validation rows after each epoch, or after each so many. */
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
  /** Epochs of the whole run between two validations, so that fits in parts validate where one long fit does. Default 1. */
  readonly every?: number | undefined;
}

export function validation({ layout, rows, thresholds, every = 1, ...measures }: ValidationOptions): Watcher {
  return {
    name: 'validation',
    on: async (event, fit) => {
      if (event.kind !== 'measure' || event.epoch % every !== 0) return;
      fit.measured(await fit.fold(rows, startValidation(layout, thresholds, { ...measures, weights: fit.weights })));
    },
  };
}
