/** @file A yes/no task: one logit, sigmoid, decoded by a threshold. */
import type { ElementTest } from '../flow/declaration.js';
import { either, number, type OptionsOf, readOptions, withDefault } from '../options.js';
import { tf } from '../tf.js';
import { at } from './arrays.js';
import { meaningOf } from './cell-text.js';
import { decimal, truth } from './explain.js';
import type { LabelLearning, TaskKind } from './kind.js';
import { bit, invalidLabel, isMissing, writeElement } from './labels.js';
import { learntWeights } from './learnt.js';
import { focalOptions, independentLoss } from './losses/independent.js';
import { binaryConfusion, binaryMetrics } from './metrics/binary-metrics.js';
import { balanced, labelSmoothing, optionsJson, taskWeight, unless } from './options.js';
import { balancedPositives, logOdds } from './priors.js';
import { decisions, sigmoid } from './sigmoid.js';
import { checkThresholds } from './thresholds.js';

export interface BinaryOptions {
  /** Decoded true where the probability is strictly above it, until a tuned one replaces it. Default 0.5. */
  readonly threshold?: number;
  /**
   * Multiplies the loss of positive labels; `'balanced'`: negatives / positives among the first fit's labels that count, so
   * that both sorts weigh the same. Default 1.
   */
  readonly positiveWeight?: number | 'balanced';
  /** Pulls targets to 1/2: 0 and 1 become s/2 and 1 - s/2. Default 0. */
  readonly labelSmoothing?: number;
  /** Focal loss: `gamma` lowers the weight of easy rows, `alpha` weighs positives and 1 - `alpha` negatives. */
  readonly focal?: { readonly gamma: number; readonly alpha?: number };
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

export type BinaryPredicates = {
  /** True where the task is. A binary task standing alone as a condition means this. */
  readonly isTrue: () => ElementTest;
};

const schema = {
  threshold: withDefault(number({ least: 0, most: 1 }), 0.5),
  positiveWeight: withDefault(either(number({ above: 0 }), balanced), 1),
  labelSmoothing,
  focal: focalOptions,
  weight: taskWeight,
};

const names: readonly string[] = Object.freeze(['threshold']);

/** A binary task is itself a condition: `given(doorOpen)`. */
export type BinaryKind = TaskKind<boolean, BinaryPredicates, number> & { readonly truth: 'isTrue' };

/**
 * A yes/no task. Labels: `true`, `false`, 1, 0, or these as texts. Loss: binary cross-entropy of the logit.
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example binary({ positiveWeight: 3 })
 */
export function binary(options: BinaryOptions = {}): BinaryKind {
  return binaryWith(readOptions('binary', schema, options), 1);
}

/** @param balance positive weight, where the options leave it to the labels */
function binaryWith(options: OptionsOf<typeof schema>, balance: number): BinaryKind {
  const { threshold, labelSmoothing, focal, weight } = options;
  const isOpen = options.positiveWeight === 'balanced';
  const positiveWeight = isOpen ? balance : Number(options.positiveWeight);
  const { key, loss } = independentLoss({ positiveWeight, labelSmoothing, focal });
  return Object.freeze<BinaryKind>({
    kind: 'binary',
    options: optionsJson({
      threshold: unless(0.5, threshold),
      positiveWeight: unless(1, options.positiveWeight),
      labelSmoothing: unless(0, labelSmoothing),
      focal: focal && optionsJson(focal),
      weight: unless(1, weight),
    }),
    width: 1,
    units: 1,
    weight,
    predicates: Object.freeze<BinaryPredicates>({ isTrue: () => ({ element: 0, oneOf: [1] }) }),
    truth: 'isTrue',
    lossKey: isOpen ? null : JSON.stringify(['binary', key]),
    ...(isOpen ? { learning: learningOf(options) } : {}),
    prior: (labels) => logOdds(labels, () => positiveWeight),
    trainingOptions: Object.freeze(['threshold', 'positiveWeight', 'labelSmoothing', 'focal', 'weight']),
    thresholds: Object.freeze({ names, initial: threshold, probability: sigmoid }),
    metrics: binaryMetrics,
    confusion: binaryConfusion,
    encode: (label, cell, where) => {
      if (isMissing(label)) return;
      const value = bit(meaningOf(label));
      if (value === undefined) {
        throw invalidLabel(label, where, {
          problem: 'A label of a binary task must be true, false, 1 or 0.',
          expected: 'true, false, 1, 0, or null where the label is missing',
          mend: 'Map your values to booleans first; if -1 marks a missing label, map it to null.',
        });
      }
      writeElement(cell, 0, value);
    },
    loss,
    activate: (logits) => tf.sigmoid(logits),
    decode: ({ rows, logits }, thresholds) => {
      checkThresholds('binary', thresholds, names);
      return decisions(logits, rows, thresholds);
    },
    value: (decoded, offset) => decoded[offset] === 1,
    probability: (activated, offset) => at(activated, offset),
    explain: (name, { decoded, activated, logits }) => ({
      text: `${name} | decoded: ${truth(decoded[0])}, activated: ${decimal(activated[0])}, logits: ${decimal(logits[0])}`,
    }),
  });
}

function learningOf(options: OptionsOf<typeof schema>): LabelLearning<BinaryKind> {
  return {
    learn: balancedPositives,
    filled: (learnt) => {
      const [weight = 1] = learntWeights('binary', learnt, 1); // of one element
      return binaryWith(options, weight);
    },
  };
}
