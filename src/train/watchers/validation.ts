/** @file Measures the validation rows after each epoch. */
import type { Dataset } from '../../data/dataset.js';
import { startValidation } from '../../evaluate/validation.js';
import type { Thresholds } from '../../score/scores.js';
import type { Watcher } from './watcher.js';

export interface ValidationOptions {
  readonly dataset: Dataset;
  readonly thresholds: Thresholds;
}

export function validation({ dataset, thresholds }: ValidationOptions): Watcher {
  return {
    name: 'validation',
    on: async (event, fit) => {
      if (event.kind !== 'measure') return;
      fit.measured(await fit.fold(dataset, startValidation(dataset.layout, thresholds, fit.weights)));
    },
  };
}
