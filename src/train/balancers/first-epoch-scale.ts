/** @file Weights that make the losses of the first epoch equal. */
import type { BalanceProgress, LossBalancer } from '../balance.js';
import { lossOf } from './losses.js';

const NAME = 'firstEpochScale';

/**
 * From the second epoch on, each task is weighed by
 *
 *     weight = declared weight / L₁
 *
 * with L₁ its loss in the first epoch: the total is then Σ declared weight × L / L₁, the loss ratios of Chen et al.
 * (GradNorm, ICML 2018, section 3.1) with the first epoch in place of the first step. A task of which no label counted in
 * the first epoch, or whose loss was 0, keeps its declared weight up to the end of the first epoch in which it had a loss
 * above 0, and is weighed by that. Losses are those of the history, in their units.
 *
 * It costs nothing in a step. The fit throws `INVALID_TASK_WEIGHT` where a loss to divide by is below 0.
 *
 * @example project.fit(train, { lossUnits: 'plain', balance: firstEpochScale() })
 */
export function firstEpochScale(): LossBalancer {
  return Object.freeze({
    name: NAME,
    needs: 'losses',
    weights: ({ records, declared }: BalanceProgress) => {
      const weights: [string, number][] = [];
      for (const [path, weight] of Object.entries(declared)) {
        for (const record of records) {
          const first = lossOf(record, path, NAME);
          if (first === null || first === 0) continue;
          weights.push([path, weight / first]);
          break;
        }
      }
      return Object.fromEntries(weights);
    },
  });
}
