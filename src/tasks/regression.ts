/** @file A number without bounds: one logit, which is the value itself, standardised by the labels of the first fit. */
import type { Json } from '../flow/graph.js';
import {
  group,
  invalidOption,
  number,
  type Option,
  type OptionsOf,
  oneOf,
  optional,
  readOptions,
  withDefault,
} from '../options.js';
import { at } from './arrays.js';
import { decimal } from './explain.js';
import { type IntervalPredicates, intervalPredicates } from './interval.js';
import type { LabelLearning, TaskKind } from './kind.js';
import { finiteLabel, isMissing, writeElement } from './labels.js';
import { learntNumbers } from './learnt.js';
import { type ResidualLoss, residualError } from './losses/residual.js';
import { regressionMetrics } from './metrics/regression-metrics.js';
import { optionsJson, taskWeight, unless } from './options.js';
import { onlyElement } from './priors.js';

export interface RegressionOptions {
  /** `squared` e², `absolute` |e|, or `huber`. Default `squared`. */
  readonly loss?: 'squared' | 'absolute' | 'huber';
  /** Where the Huber loss turns from squared to absolute, in label units. Default: one deviation. */
  readonly delta?: number;
  /**
   * Trains on (label - mean) / deviation; predictions come back in label units. Default: mean and standard deviation of
   * the first fit's labels that count; false: labels as they are.
   */
  readonly standardise?: false | { readonly mean: number; readonly deviation: number };
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

const meanAndDeviation = group({ mean: number(), deviation: number({ above: 0 }) });

const standardisation: Option<false | Standardisation> = {
  expected: `false, or ${meanAndDeviation.expected}`,
  read: (given, path) => (given === false ? false : meanAndDeviation.read(given, path)),
};

const schema = {
  loss: withDefault(oneOf(['squared', 'absolute', 'huber']), 'squared'),
  delta: optional(number({ above: 0 })),
  standardise: optional(standardisation),
  weight: taskWeight,
};

/** Labels as they are, said in either way, are the same option. */
function declaredOption(standardise: false | Standardisation): Json {
  const { mean, deviation } = standardise || AS_THEY_ARE;
  return mean === 0 && deviation === 1 ? false : { mean, deviation };
}

interface Standardisation {
  readonly mean: number;
  readonly deviation: number;
}

const AS_THEY_ARE: Standardisation = { mean: 0, deviation: 1 };

/**
 * A number without bounds. Labels: finite numbers. Loss: of the error in (standardised) label units.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example regression({ loss: 'huber', delta: 5, standardise: { mean: 30, deviation: 14 } })
 */
export function regression(options: RegressionOptions = {}): TaskKind<number, IntervalPredicates, null> {
  return regressionWith(readOptions('regression', schema, options), null);
}

/** A kind of these options; where its standardisation is open, with what was learnt, or as the labels are until then. */
function regressionWith(
  options: OptionsOf<typeof schema>,
  learnt: Standardisation | null,
): TaskKind<number, IntervalPredicates, null> {
  const { loss: lossName, delta, standardise, weight } = options;
  if (delta !== undefined && lossName !== 'huber') {
    throw invalidOption('regression.delta', delta, { expected: 'no delta, or the loss huber, which alone has one' });
  }
  const isOpen = standardise === undefined;
  const { mean: offset, deviation } = learnt ?? (standardise || AS_THEY_ARE);
  if (!Number.isFinite(1 / deviation)) {
    throw invalidOption('regression.standardise.deviation', deviation, {
      expected: 'a deviation that is not this close to 0',
    });
  }
  const target = Object.freeze({ offset, scale: 1 / deviation });
  const loss: ResidualLoss =
    lossName === 'huber' ? { name: lossName, delta: delta === undefined ? 1 : delta / deviation } : { name: lossName };
  const isLossOpen = isOpen && delta !== undefined;
  const standardised = offset !== 0 || deviation !== 1;
  return Object.freeze<TaskKind<number, IntervalPredicates, null>>({
    kind: 'regression',
    options: optionsJson({
      loss: unless('squared', lossName),
      delta,
      standardise: isOpen ? undefined : declaredOption(standardise),
      weight: unless(1, weight),
    }),
    width: 1,
    units: 1,
    weight,
    predicates: intervalPredicates('regression', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    lossKey: isLossOpen ? null : JSON.stringify(['regression', loss]),
    trainingOptions: Object.freeze(['loss', 'delta', 'weight']),
    ...(standardised ? { target } : {}),
    ...(isOpen ? { learning: learningOf(options) } : {}),
    prior: (labels) => [(onlyElement(labels).mean - offset) / deviation],
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
    probability: () => null, // one number is not a distribution
    explain: (name, { decoded, activated, logits }) => ({
      text: `${name} | decoded: ${decimal(decoded[0])}, activated: ${decimal(activated[0])}, logits: ${decimal(logits[0])}`,
    }),
  });
}

/** Labels that are all one number have no deviation, and one that float32 cannot divide by is none. */
function learningOf(options: OptionsOf<typeof schema>): LabelLearning<TaskKind<number, IntervalPredicates, null>> {
  return {
    learn: (labels) => {
      const { mean, deviation } = onlyElement(labels);
      return { mean, deviation: deviation > 0 && Number.isFinite(1 / deviation) ? deviation : 1 };
    },
    filled: (learnt) => regressionWith(options, learntNumbers('regression', learnt, ['mean', 'deviation'])),
  };
}
