/** @file One class out of many: one logit a class, softmax, decoded to the greatest. */
import { HeadgateError, show } from '../errors.js';
import type { ElementTest } from '../flow/declaration.js';
import {
  either,
  group,
  invalidOption,
  listOf,
  number,
  type OptionsOf,
  optional,
  readOptions,
  unchecked,
  wholeNumber,
} from '../options.js';
import { tf } from '../tf.js';
import { argmax, at, recordOf } from './arrays.js';
import { classLookup } from './class-lookup.js';
import { decimal } from './explain.js';
import type { LabelLearning, TaskKind } from './kind.js';
import { isMissing, writeElement } from './labels.js';
import { learntWeights } from './learnt.js';
import { exclusiveLoss } from './losses/exclusive.js';
import { classificationMetrics } from './metrics/classification-metrics.js';
import { startConfusion } from './metrics/confusion.js';
import { classNames, knownClass, labelSmoothing, optionsJson, taskWeight, unless, weightPerClass } from './options.js';
import { balancedClasses, logFrequencies } from './priors.js';

export interface ClassificationOptions<Class extends string = string> {
  /** Their order is the order of the logits and of labels that are indices. */
  readonly classes: readonly Class[];
  /**
   * Multiplies the loss of rows of a class; by name (1 for those left out) or in class order; `'balanced'`: inverse to how
   * often each counts in the first fit's labels. Default 1 each.
   */
  readonly classWeights?: 'balanced' | Readonly<Partial<Record<NoInfer<Class>, number>>> | readonly number[];
  /** Share of the target spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number;
  /** Focal loss: `gamma` lowers the weight of easy rows. */
  readonly focal?: { readonly gamma: number };
  /**
   * The k of `accuracy_top{k}`; an explanation shows as many ranks as the greatest k.
   * Default: 3 and 5, as far as there are more classes; explanations show 5 ranks.
   */
  readonly topK?: number | readonly number[];
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

/** The kind that `classification` gives. */
export type ClassificationKind<Class extends string> = TaskKind<
  Class,
  ClassificationPredicates<Class>,
  Readonly<Record<Class, number>>
>;

export type ClassificationPredicates<Class extends string> = {
  readonly is: (name: Class) => ElementTest;
  readonly in: (names: readonly Class[]) => ElementTest;
};

const schema = {
  classes: classNames(2),
  classWeights: unchecked("a number for each class, a record of them by name, or 'balanced'"),
  labelSmoothing,
  focal: optional(group({ gamma: number({ least: 0 }) })),
  topK: optional(either(wholeNumber({ least: 1 }), listOf(wholeNumber({ least: 1 }), { least: 1 }))),
  weight: taskWeight,
};

const DEFAULT_RANKS = 5;

/**
 * One class out of many. Labels: a class name, or an index where no class is called by a number: with the classes
 * `['1', '2']`, both `1` and `'1'` are the class named 1. Loss: softmax cross-entropy of the logits.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_CLASS`
 * @example classification({ classes: ['red', 'blue'], classWeights: { red: 2 } })
 */
export function classification<const Class extends string>(
  options: ClassificationOptions<Class>,
): ClassificationKind<Class> {
  return classificationWith<Class>(readOptions('classification', schema, options), undefined);
}

/** @param balance class weights, where the options leave them to the labels */
function classificationWith<Class extends string>(
  parsed: OptionsOf<typeof schema>,
  balance: readonly number[] | undefined,
): ClassificationKind<Class> {
  const { labelSmoothing, weight } = parsed;
  const classes = Object.freeze([...parsed.classes]);
  // the schema has checked the very names that `Class` was inferred from
  const names = classes as readonly Class[];
  const count = classes.length;
  const indexOf = classLookup(classes);
  const gamma = parsed.focal?.gamma ?? 0;
  const isOpen = parsed.classWeights === 'balanced';
  const classWeights = isOpen ? balance : weightPerClass('classification.classWeights', parsed.classWeights, classes);
  const usualTops = [3, 5].filter((k) => k < count);
  const tops = parsed.topK === undefined ? usualTops : topRanks(parsed.topK, count);
  const ranks = parsed.topK === undefined ? Math.min(DEFAULT_RANKS, count) : Math.max(...tops);
  const { key, loss } = exclusiveLoss({ classes: count, classWeights, labelSmoothing, gamma });
  return Object.freeze<ClassificationKind<Class>>({
    kind: 'classification',
    options: optionsJson({
      classes,
      classWeights: isOpen ? 'balanced' : classWeights,
      labelSmoothing: unless(0, labelSmoothing),
      focal: gamma === 0 ? undefined : { gamma },
      topK: parsed.topK === undefined ? undefined : tops,
      weight: unless(1, weight),
    }),
    width: 1,
    units: count,
    weight,
    predicates: predicatesOf<Class>(classes),
    lossKey: isOpen ? null : JSON.stringify(['classification', key]),
    ...(isOpen ? { learning: learningOf<Class>(parsed) } : {}),
    prior: (labels) => logFrequencies(labels, (i) => classWeights?.[i] ?? 1), // 1 where none was given
    trainingOptions: Object.freeze(['classWeights', 'labelSmoothing', 'focal', 'topK', 'weight']),
    thresholds: null,
    metrics: classificationMetrics(count, tops),
    classes,
    confusion: () => startConfusion(classes),
    encode: (label, cell, where) => {
      if (!isMissing(label)) writeElement(cell, 0, indexOf(label, where));
    },
    loss,
    activate: (logits) => tf.softmax(logits),
    decode: ({ rows, logits }) => {
      const decoded = new Float64Array(rows);
      for (let row = 0; row < rows; row++) decoded[row] = argmax(logits, row * count, count);
      return decoded;
    },
    // a decoded value is an index of these very classes
    value: (decoded, offset) => classes[at(decoded, offset)] as Class,
    probability: (activated, offset) => recordOf(names, (i) => at(activated, offset + i)),
    explain: (name, { activated, logits }) => ({
      text: name,
      children: ranking(logits)
        .slice(0, ranks)
        .map(
          (i, rank) => `${rank}: ${classes[i]} | activated: ${decimal(activated[i])}, logits: ${decimal(logits[i])}`,
        ),
    }),
  });
}

function learningOf<Class extends string>(options: OptionsOf<typeof schema>): LabelLearning<ClassificationKind<Class>> {
  return {
    learn: balancedClasses,
    filled: (learnt) =>
      classificationWith<Class>(options, learntWeights('classification', learnt, options.classes.length)),
  };
}

function predicatesOf<Class extends string>(classes: readonly string[]): ClassificationPredicates<Class> {
  const element = (names: readonly unknown[], predicate: string): ElementTest => ({
    element: 0,
    oneOf: names.map((name) => knownClass(`classification.${predicate}`, name, classes)),
  });
  return Object.freeze<ClassificationPredicates<Class>>({
    is: (name) => element([name], 'is'),
    in: (names) => element(nameList(names), 'in'),
  });
}

/** Class indices, the most probable first; equals keep their order. */
function ranking(logits: Float32Array): readonly number[] {
  return Array.from(logits.keys()).sort((a, b) => at(logits, b) - at(logits, a));
}

function topRanks(topK: number | readonly number[], classes: number): readonly number[] {
  const tops = [...new Set(typeof topK === 'number' ? [topK] : topK)].sort((a, b) => a - b);
  if (tops.every((k) => k <= classes)) return tops;
  throw invalidOption('classification.topK', topK, { expected: `at most ${classes}, the number of classes` });
}

function nameList(names: unknown): readonly unknown[] {
  if (Array.isArray(names) && names.length > 0) return names;
  throw new HeadgateError({
    code: 'INVALID_PREDICATE',
    path: 'classification.in',
    problem: 'in(…) takes a list of at least one class name.',
    received: show(names),
  });
}
