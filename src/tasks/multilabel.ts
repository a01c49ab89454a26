/** @file Any number of classes at once: one logit a class, sigmoid, each decoded by its own threshold. */
import { listed } from '../errors.js';
import type { ElementTest } from '../flow/declaration.js';
import { number, type OptionsOf, readOptions, unchecked, withDefault } from '../options.js';
import { tf } from '../tf.js';
import { at, recordOf } from './arrays.js';
import { meaningOf } from './cell-text.js';
import { decimal, truth } from './explain.js';
import type { LabelCell, LabelLearning, TaskKind } from './kind.js';
import { bit, invalidLabel, isMissing, writeElement } from './labels.js';
import { learntWeights } from './learnt.js';
import { focalOptions, independentLoss } from './losses/independent.js';
import { multilabelConfusion, multilabelMetrics } from './metrics/multilabel-metrics.js';
import {
  classNames,
  knownClass,
  labelSmoothing,
  optionsJson,
  placeOfClass,
  taskWeight,
  unless,
  weightPerClass,
} from './options.js';
import { balancedPositives, logOdds } from './priors.js';
import { decisions, sigmoid } from './sigmoid.js';
import { checkThresholds } from './thresholds.js';

export interface MultilabelOptions<Class extends string = string> {
  /** Their order is the order of the logits and of labels given as arrays of flags. */
  readonly classes: readonly Class[];
  /**
   * Multiplies the loss of present classes: one for all, by name (1 for those left out), or in class order; `'balanced'`:
   * of each, absences / presences among the first fit's labels that count.
   */
  readonly positiveWeights?:
    | number
    | 'balanced'
    | Readonly<Partial<Record<NoInfer<Class>, number>>>
    | readonly number[];
  /** Every class's threshold until tuned ones replace it; a class is present strictly above it. Default 0.5. */
  readonly threshold?: number;
  /** Pulls targets to 1/2: 0 and 1 become s/2 and 1 - s/2. Default 0. */
  readonly labelSmoothing?: number;
  /** Focal loss: `gamma` lowers the weight of easy elements, `alpha` weighs positives and 1 - `alpha` negatives. */
  readonly focal?: { readonly gamma: number; readonly alpha?: number };
  /** Weight of the task in the total loss. Default 1. */
  readonly weight?: number;
}

/** The kind that `multilabel` gives. */
export type MultilabelKind<Class extends string> = TaskKind<
  Readonly<Record<Class, boolean>>,
  MultilabelPredicates<Class>,
  Readonly<Record<Class, number>>
>;

export type MultilabelPredicates<Class extends string> = {
  readonly has: (name: Class) => ElementTest;
};

const schema = {
  classes: classNames(1),
  positiveWeights: unchecked("a number, one for each class, a record of them by name, or 'balanced'"),
  threshold: withDefault(number({ least: 0, most: 1 }), 0.5),
  labelSmoothing,
  focal: focalOptions,
  weight: taskWeight,
};

/**
 * Any number of classes at once. Labels: the names of those present (`['red']`, `[]` for none), or a flag for each class
 * (`[true, null, 0]`), or a record (`{ red: true }`), or the JSON text of one of these; what is null or left out of a
 * record is missing by itself. Loss: binary cross-entropy of each logit.
 *
 * @throws HeadgateError `INVALID_OPTIONS`, `UNKNOWN_CLASS`
 * @example multilabel({ classes: ['red', 'green', 'blue'] })
 */
export function multilabel<const Class extends string>(options: MultilabelOptions<Class>): MultilabelKind<Class> {
  return multilabelWith<Class>(readOptions('multilabel', schema, options), undefined);
}

/** @param balance positive weights, where the options leave them to the labels */
function multilabelWith<Class extends string>(
  parsed: OptionsOf<typeof schema>,
  balance: readonly number[] | undefined,
): MultilabelKind<Class> {
  const { threshold, labelSmoothing, focal, weight } = parsed;
  // the schema has checked the very names that `Class` was inferred from
  const classes = Object.freeze([...parsed.classes]) as readonly Class[];
  const count = classes.length;
  const isOpen = parsed.positiveWeights === 'balanced';
  const positiveWeights = isOpen
    ? balance
    : weightPerClass('multilabel.positiveWeights', parsed.positiveWeights, classes);
  const { key, loss } = independentLoss({ positiveWeight: positiveWeights, labelSmoothing, focal });
  return Object.freeze<MultilabelKind<Class>>({
    kind: 'multilabel',
    options: optionsJson({
      classes,
      positiveWeights: isOpen ? 'balanced' : positiveWeights,
      threshold: unless(0.5, threshold),
      labelSmoothing: unless(0, labelSmoothing),
      focal: focal && optionsJson(focal),
      weight: unless(1, weight),
    }),
    width: count,
    units: count,
    weight,
    predicates: Object.freeze<MultilabelPredicates<Class>>({
      has: (name) => ({ element: knownClass('multilabel.has', name, classes), oneOf: [1] }),
    }),
    lossKey: isOpen ? null : JSON.stringify(['multilabel', count, key]),
    ...(isOpen ? { learning: learningOf<Class>(parsed) } : {}),
    prior: (labels) => logOdds(labels, (element) => positiveWeights?.[element] ?? 1), // 1 where none was given
    trainingOptions: Object.freeze(['positiveWeights', 'threshold', 'labelSmoothing', 'focal', 'weight']),
    thresholds: Object.freeze({ names: classes, initial: threshold, probability: sigmoid }),
    metrics: multilabelMetrics(classes),
    classes,
    confusion: multilabelConfusion(classes),
    encode: (label, cell, where) => {
      if (!isMissing(label)) encodeLabel(meaningOf(label), label, classes, cell, where);
    },
    loss,
    activate: (logits) => tf.sigmoid(logits),
    decode: ({ rows, logits }, thresholds) => {
      checkThresholds('multilabel', thresholds, classes);
      return decisions(logits, rows, thresholds);
    },
    value: (decoded, offset) => recordOf(classes, (i) => decoded[offset + i] === 1),
    probability: (activated, offset) => recordOf(classes, (i) => at(activated, offset + i)),
    explain: (name, { decoded, activated, logits }) => ({
      text: name,
      children: classes.map(
        (label, i) =>
          `${i}: ${label} | decoded: ${truth(decoded[i])}, activated: ${decimal(activated[i])}, logits: ${decimal(logits[i])}`,
      ),
    }),
  });
}

function learningOf<Class extends string>(options: OptionsOf<typeof schema>): LabelLearning<MultilabelKind<Class>> {
  return {
    learn: balancedPositives,
    filled: (learnt) => multilabelWith<Class>(options, learntWeights('multilabel', learnt, options.classes.length)),
  };
}

/** `given` is the label as it came: a list may come as its JSON text. */
function encodeLabel(
  label: unknown,
  given: unknown,
  classes: readonly string[],
  cell: LabelCell,
  where: () => string,
): void {
  if (Array.isArray(label) || ArrayBuffer.isView(label)) {
    const items = label instanceof DataView ? [] : (label as ArrayLike<unknown>); // of views, it alone has no elements
    if (isNames(items)) encodeNames(items, classes, cell, where);
    else encodeFlags(items, classes, cell, where);
  } else if (isPlainRecord(label)) {
    encodeRecord(label, classes, cell, where);
  } else {
    throw wrong(given, classes, where, 'A label of a multilabel must be a list or a record.');
  }
}

// Below, one element of a label costs neither a closure nor a text: there may be ten thousand in each row.

function isNames(items: ArrayLike<unknown>): items is ArrayLike<string> {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== 'string') return false;
  return true;
}

function encodeNames(names: ArrayLike<string>, classes: readonly string[], cell: LabelCell, where: () => string): void {
  cell.values.fill(0, cell.offset, cell.offset + classes.length);
  cell.present.fill(1, cell.offset, cell.offset + classes.length);
  for (let i = 0; i < names.length; i++) writeElement(cell, classAt(names[i], classes, where), 1);
}

function encodeFlags(
  flags: ArrayLike<unknown>,
  classes: readonly string[],
  cell: LabelCell,
  where: () => string,
): void {
  if (flags.length !== classes.length) {
    const problem = `A list of flags must have one for each of the ${classes.length} classes.`;
    throw wrong(Array.from(flags), classes, where, problem);
  }
  for (let i = 0; i < flags.length; i++) encodeFlag(flags[i], i, classes, cell, where);
}

function encodeRecord(record: object, classes: readonly string[], cell: LabelCell, where: () => string): void {
  for (const [name, flag] of Object.entries(record)) {
    encodeFlag(flag, classAt(name, classes, where), classes, cell, where);
  }
}

function classAt(name: unknown, classes: readonly string[], where: () => string): number {
  return placeOfClass(name, classes) ?? knownClass(where(), name, classes);
}

function encodeFlag(
  flag: unknown,
  element: number,
  classes: readonly string[],
  cell: LabelCell,
  where: () => string,
): void {
  if (isMissing(flag)) return;
  const value = bit(flag);
  if (value === undefined) throw wrongFlag(flag, element, classes, where);
  writeElement(cell, element, value);
}

function wrongFlag(flag: unknown, element: number, classes: readonly string[], where: () => string): Error {
  const at = () => `${where()}.${classes[element]}`;
  return wrong(flag, classes, at, 'The flag of a class must be true, false, 1 or 0.');
}

function isPlainRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function wrong(label: unknown, classes: readonly string[], where: () => string, problem: string): Error {
  return invalidLabel(label, where, {
    problem,
    expected: `names out of: ${listed(classes)}; or a flag (true, false, 1, 0, null) for each; or null where it is missing`,
    mend:
      typeof label === 'string'
        ? 'Split the text into a list of class names first.'
        : 'If -1 marks a missing label, map it to null.',
  });
}
