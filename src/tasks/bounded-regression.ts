/** @file A number between two bounds: one logit, sigmoid, stretched from [0, 1] to [min, max]. */
import { HeadgateError, show } from '../errors.js';
import { invalidOption, number, oneOf, optional, readOptions, withDefault } from '../options.js';
import { tf } from '../tf.js';
import { at } from './arrays.js';
import { decimal } from './explain.js';
import { type IntervalPredicates, intervalPredicates } from './interval.js';
import type { TaskKind } from './kind.js';
import { finiteLabel, isMissing, writeElement } from './labels.js';
import { type ResidualLoss, residualError } from './losses/residual.js';
import { boundedRegressionMetrics } from './metrics/regression-metrics.js';
import { optionsJson, taskWeight, unless } from './options.js';
import { onlyElement } from './priors.js';

export interface BoundedRegressionOptions {
  /** Least and greatest label, in label units (pixels, years). */
  readonly min: number;
  readonly max: number;
  /** `squared` e² or `huber`, of the error as a share of the range. Default `squared`. */
  readonly loss?: 'squared' | 'huber';
  /** Where the Huber loss turns from squared to absolute, in label units. Default: a tenth of the range. */
  readonly delta?: number;
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

const schema = {
  min: number(),
  max: number(),
  loss: withDefault(oneOf(['squared', 'huber']), 'squared'),
  delta: optional(number({ above: 0 })),
  weight: taskWeight,
};

/**
 * A number between two bounds. Labels: numbers within them. Trains on (label - min) / (max - min) against σ(logit);
 * predictions come back in label units.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example boundedRegression({ min: 0, max: 64 })
 */
export function boundedRegression(options: BoundedRegressionOptions): TaskKind<number, IntervalPredicates, null> {
  const { min, max, loss: lossName, delta, weight } = readOptions('boundedRegression', schema, options);
  const range = max - min;
  if (!(range > 0 && Number.isFinite(Math.fround(range)) && Number.isFinite(1 / range))) {
    throw invalidOption('boundedRegression.max', max, {
      expected: `a number above min (${min}), by no more than float32 can hold`,
    });
  }
  if (delta !== undefined && lossName !== 'huber') {
    throw invalidOption('boundedRegression.delta', delta, {
      expected: 'no delta, or the loss huber, which alone has one',
    });
  }
  const share = delta === undefined ? 0.1 : delta / range;
  const loss: ResidualLoss = lossName === 'huber' ? { name: lossName, delta: share } : { name: lossName };
  const target = Object.freeze({ offset: min, scale: 1 / range });
  return Object.freeze<TaskKind<number, IntervalPredicates, null>>({
    kind: 'boundedRegression',
    options: optionsJson({
      min,
      max,
      loss: unless('squared', lossName),
      delta: delta === undefined ? undefined : unless(0.1 * range, delta),
      weight: unless(1, weight),
    }),
    width: 1,
    units: 1,
    weight,
    predicates: intervalPredicates('boundedRegression', min, max),
    lossKey: JSON.stringify(['boundedRegression', loss]),
    trainingOptions: Object.freeze(['loss', 'delta', 'weight']),
    target,
    prior: (labels) => {
      const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, (onlyElement(labels).mean - min) / range));
      return [Math.log(share / (1 - share))];
    },
    thresholds: null,
    metrics: boundedRegressionMetrics(range),
    encode: (label, cell, where) => {
      if (isMissing(label)) return;
      const value = finiteLabel(label, where, target);
      if (!isWithin(value, min, max)) throw outOfRange(value, min, max, where);
      writeElement(cell, 0, value);
    },
    loss: (logits, targets) => residualError(logits.sigmoid().sub(targets), loss),
    activate: (logits) => tf.sigmoid(logits),
    decode: ({ rows, activated }) => {
      const decoded = new Float64Array(rows);
      for (let row = 0; row < rows; row++) decoded[row] = min + at(activated, row) * range;
      return decoded;
    },
    value: (decoded, offset) => at(decoded, offset),
    probability: () => null, // one number is not a distribution
    explain: (name, { decoded, activated, logits }) => ({
      text: `${name} | decoded: ${decimal(decoded[0])}, activated: ${decimal(activated[0])}, logits: ${decimal(logits[0])}`,
    }),
  });
}

/** A head that began at a bound itself would have no slope to leave it by. */
const LEAST_SHARE = 1e-3;

/** A label from a Float32Array may be a bound like 0.1, rounded; of bounds that float32 cannot tell apart it may not. */
function isWithin(label: number, min: number, max: number): boolean {
  const isRounded = (bound: number) => label === Math.fround(bound) && Math.abs(label - bound) <= (max - min) / 1000;
  return (label >= min && label <= max) || isRounded(min) || isRounded(max);
}

function outOfRange(label: number, min: number, max: number, where: () => string): HeadgateError {
  return new HeadgateError({
    code: 'LABEL_OUT_OF_RANGE',
    path: where(),
    problem: 'The label lies outside the bounds of its task.',
    expected: `a number from ${min} to ${max}, or null where the label is missing`,
    received: show(label),
    mend: 'Widen min and max, or mend the label; if -1 marks a missing label, map it to null.',
  });
}
