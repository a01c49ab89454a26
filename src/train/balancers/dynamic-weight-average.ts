/** @file Weights by how fast the losses fell: dynamic weight average. */
import { number, readOptions, withDefault } from '../../options.js';
import type { BalanceProgress, LossBalancer } from '../balance.js';
import type { EpochRecord } from '../history.js';
import { lossOf } from './losses.js';

export interface DynamicWeightAverageOptions {
  /** Above 0. The greater, the more alike the weights. Default 2, as in the paper. */
  readonly temperature?: number;
}

const NAME = 'dynamicWeightAverage';

/**
 * Dynamic weight average (DWA: Liu, Johns, Davison, End-to-End Multi-Task Learning with Attention, CVPR 2019, equation 7):
 * a task whose loss fell less weighs more. Before epoch t,
 *
 *     λ = K · exp(w / T) / Σ exp(w / T)     w = L(t − 1) / L(t − 2)     weight = declared weight × λ
 *
 * with L a task's loss in an epoch and the sum over the K tasks that take part; in the first two epochs λ is 1. A task
 * takes part when its labels counted in both epochs before, its loss of the earlier one was not 0 (nothing is a multiple
 * of that), and its declared weight is not 0. One that does not keeps the weight of the epoch before, and the others'
 * λ add up to K without it.
 *
 * It costs nothing in a step. The fit throws `INVALID_TASK_WEIGHT` where a loss is below 0: it has no ratios.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example project.fit(train, { epochs: 20, balance: dynamicWeightAverage({ temperature: 2 }) })
 */
export function dynamicWeightAverage(options: DynamicWeightAverageOptions = {}): LossBalancer {
  const { temperature } = readOptions(
    'dynamicWeightAverage',
    { temperature: withDefault(number({ above: 0 }), 2) },
    options,
  );
  return Object.freeze({
    name: NAME,
    needs: 'losses',
    weights: ({ records, declared }: BalanceProgress) => {
      const [before, last] = records.slice(-2);
      if (before === undefined || last === undefined) return declared;
      const ratios = ratiosOf(before, last, declared);
      // Each less the greatest, which changes no share: the exponential of a great ratio is not finite.
      const greatest = Math.max(...ratios.values());
      const shares = [...ratios].map(([path, w]) => [path, Math.exp((w - greatest) / temperature)] as const);
      const sum = shares.reduce((total, [, share]) => total + share, 0);
      const weighed = shares.map(([path, share]) => [path, ((declared[path] ?? 0) * shares.length * share) / sum]);
      return { ...last.weights, ...Object.fromEntries(weighed) };
    },
  });
}

/** By path, of the tasks that take part. */
function ratiosOf(
  before: EpochRecord,
  last: EpochRecord,
  declared: BalanceProgress['declared'],
): ReadonlyMap<string, number> {
  const ratios = new Map<string, number>();
  for (const [path, weight] of Object.entries(declared)) {
    const [earlier, later] = [lossOf(before, path, NAME), lossOf(last, path, NAME)];
    if (weight === 0 || later === null || earlier === null || earlier === 0) continue;
    ratios.set(path, later / earlier);
  }
  return ratios;
}
