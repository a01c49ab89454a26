/** @file The metrics of a masked language model, over the hidden tokens alone. */
import { at } from '../arrays.js';
import type { Metric, MetricFold } from '../kind.js';
import { meanMetric } from './fold.js';

/**
 * `accuracy`, the share of hidden tokens whose piece was found; `cross_entropy`, their mean loss in nats; `perplexity`, e to
 * the power of it: of so many pieces, equally likely, the network would have to choose one.
 */
export const languageMetrics: readonly Metric[] = Object.freeze([
  meanMetric('accuracy', ({ decoded, labels }, row) => (at(decoded, row) === at(labels, row) ? 1 : 0)),
  Object.freeze<Metric>({
    name: 'cross_entropy',
    direction: 'minimise',
    start: () => meanLoss('cross_entropy', (x) => x),
  }),
  Object.freeze<Metric>({ name: 'perplexity', direction: 'minimise', start: () => meanLoss('perplexity', Math.exp) }),
]);

function meanLoss(name: string, of: (mean: number) => number): MetricFold {
  let [rows, sum, isKnown] = [0, 0, true];
  return {
    add: (view) => {
      rows += view.rows;
      isKnown &&= view.losses !== undefined;
      for (const loss of view.losses ?? []) sum += loss; // without any, the mean is not known
    },
    results: () => {
      if (!isKnown) return [{ name, value: null, note: 'losses are known where the network has just scored the rows' }];
      return [{ name, value: rows === 0 ? null : of(sum / rows) }];
    },
  };
}
