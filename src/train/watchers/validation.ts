/** @file Measures the validation rows after each epoch. */
import type { Dataset } from '../../data/dataset.js';
import { LossSums } from '../../score/loss-sums.js';
import type { NetworkScores } from '../../score/scorer.js';
import type { MetricValues } from '../history.js';
import type { Watcher } from './watcher.js';

export interface ValidationOptions {
  readonly dataset: Dataset;
  /** Metrics of the validation rows, by task path. */
  readonly measure: (scores: NetworkScores) => MetricValues<string>;
}

export function validation({ dataset, measure }: ValidationOptions): Watcher {
  return {
    name: 'validation',
    on: async (event, fit) => {
      if (event.kind !== 'measure') return;
      const scores = await fit.score(dataset);
      if (scores.elementLosses === null) throw new Error('the validation rows were scored without their losses');
      const sums = new LossSums(dataset.layout);
      sums.addElements(dataset, scores.elementLosses);
      fit.measured({ ...sums.record(fit.weights), metrics: measure(scores) });
    },
  };
}
