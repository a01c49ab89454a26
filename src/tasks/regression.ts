/** @file A number without bounds: one logit, which is the value itself, standardised when a mean is given. */
import { z } from 'zod';
import { at } from './arrays.js';
import { decimal } from './explain.js';
import { type IntervalPredicates, intervalPredicates } from './interval.js';
import type { TaskKind } from './kind.js';
import { finiteLabel, isMissing, writeElement } from './labels.js';
import { type ResidualLoss, residualError } from './losses/residual.js';
import { regressionMetrics } from './metrics/regression-metrics.js';
import { invalidOption, optionsJson, parseOptions, taskWeight, unless } from './options.js';

export interface RegressionOptions {
  /** `squared` e², `absolute` |e|, or `huber`. Default `squared`. */
  readonly loss?: 'squared' | 'absolute' | 'huber';
  /** Where the Huber loss turns from squared to absolute, in label units. Default 1. */
  readonly delta?: number;
  /**
   * Trains on (label - mean) / deviation; predictions come back in label units. Use the training labels' own mean and
   * standard deviation. Default: labels as they are.
   */
  readonly standardise?: { readonly mean: number; readonly deviation: number };
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

const schema = z.strictObject({
  loss: z.enum(['squared', 'absolute', 'huber']).default('squared'),
  delta: z.number().positive().optional(),
  standardise: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).optional(),
  weight: taskWeight,
});

/**
 * A number without bounds. Labels: finite numbers. Loss: of the error in (standardised) label units.
 * Throws `INVALID_OPTIONS`.
 * @example regression({ loss: 'huber', delta: 5, standardise: { mean: 30, deviation: 14 } })
 */
export function regression(options: RegressionOptions = {}): TaskKind<number, IntervalPredicates> {
  const { loss: lossName, delta, standardise, weight } = parseOptions('regression', schema, options);
  if (delta !== undefined && lossName !== 'huber') {
    throw invalidOption('regression', 'delta', 'Only the huber loss has a delta.', delta);
  }
  const { mean: offset, deviation } = standardise ?? { mean: 0, deviation: 1 };
  if (!Number.isFinite(1 / deviation)) {
    throw invalidOption('regression', 'standardise.deviation', 'The deviation is too close to 0.', deviation);
  }
  const target = Object.freeze({ offset, scale: 1 / deviation });
  const loss: ResidualLoss =
    lossName === 'huber' ? { name: lossName, delta: (delta ?? 1) / deviation } : { name: lossName };
  const standardised = offset !== 0 || deviation !== 1;
  return Object.freeze<TaskKind<number, IntervalPredicates>>({
    kind: 'regression',
    options: optionsJson({
      loss: unless('squared', lossName),
      delta: delta === undefined ? undefined : unless(1, delta),
      standardise: standardised ? { mean: offset, deviation } : undefined,
      weight: unless(1, weight),
    }),
    width: 1,
    units: 1,
    weight,
    predicates: intervalPredicates('regression', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    lossKey: JSON.stringify(['regression', loss]),
    trainingOptions: Object.freeze(['loss', 'delta', 'weight']),
    ...(standardised ? { target } : {}),
    thresholds: null,
    metrics: regressionMetrics,
    encode: (label, cell, where) => {
      if (!isMissing(label)) writeElement(cell, 0, finiteLabel(label, where, target));
    },
    loss: (logits, targets) => residualError(logits.sub(targets), loss),
    activate: (logits) => logits,
    decode: ({ rows, activated }) => {
      const decoded = new Float64Array(rows);
      for (let row = 0; row < rows; row++) decoded[row] = offset + at(activated, row) * deviation;
      return decoded;
    },
    value: (decoded, offset) => at(decoded, offset),
    probability: () => null,
    explain: (name, { decoded, activated, logits }) => ({
      text: `${name} | decoded: ${decimal(decoded[0])}, activated: ${decimal(activated[0])}, logits: ${decimal(logits[0])}`,
    }),
  });
}
