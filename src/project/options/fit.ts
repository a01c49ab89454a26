/** @file The options of `fit`, and of the compiled step that `explainGraph` prints. */

import { type AugmentOptions, augmentOption } from '../../data/augment/options.js';
import type { DataLike } from '../../data/data-like.js';
import type { Row } from '../../data/row.js';
import { didYouMean } from '../../errors.js';
import type { EvaluationView } from '../../evaluate/evaluation-table.js';
import {
  callback,
  flag,
  group,
  instance,
  invalidOption,
  isRecord,
  listOf,
  nullable,
  number,
  type Option,
  oneOf,
  option,
  optional,
  text,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import { isSelection, type WeightSelection } from '../../pathways/partial/selection.js';
import type { Balancer } from '../../train/balance.js';
import type { EpochRecord } from '../../train/history.js';
import type { MonitoredMetric } from '../../train/monitor.js';
import type { OnNonFinite } from '../../train/non-finite.js';
import { type Optimizer, requireOptimizer } from '../../train/optimizers/optimizer.js';
import type { ProgressChoice } from '../../train/watchers/progress.js';
import { MOST_METRICS } from '../../train/watchers/summary.js';
import type { Watcher } from '../../train/watchers/watcher.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface FitOptions<Path extends string = string, Own = Row> extends EngineOptions {
  /**
   * Passes over the rows; with `continue`, those to come, the one that was not finished included. Default: as many as make
   * 2,000 steps, from 10 to 256; 10 where nobody knows how many steps an epoch has.
   */
  readonly epochs?: number | undefined;
  /** Rows in one batch: an optimizer step, where `accumulate` does not make it of several. Default 32. */
  readonly batchSize?: number | undefined;
  /**
   * Batches of an optimizer step, after one another: their gradients are added up, so that the step is that of one batch of all
   * their rows. The engine holds the activations of one batch, the host the rows of all. Steps of schedules, of the history and
   * of events are optimizer steps. Default 1.
   */
  readonly accumulate?: number | undefined;
  /** Rows to measure after each epoch. A source is read anew each time, a chunk at a time. */
  readonly validation?: DataLike<Own> | undefined;
  /**
   * Whether each validation measures the metrics; it measures the losses at any rate, and what is monitored. Default true;
   * refused without validation rows.
   */
  readonly validationMetrics?: boolean | undefined;
  /**
   * Validates after each so many epochs of the run, 1 for every one; with the others, no epoch is the best and `patience`
   * does not count. Default 1.
   */
  readonly validationEvery?: number | undefined;
  /**
   * The weights that the project has after the fit: those of the epoch whose validation was `best`, or the `last` ones.
   * Default: `best` with validation rows, else `last`.
   */
  readonly keep?: 'best' | 'last' | undefined;
  /** What is best: a metric of a task, in its own direction, or the least validation `loss`. Default `loss`. */
  readonly monitor?: 'loss' | MonitoredMetric | undefined;
  /** Validations in a row without a better value after which the fit ends. Default: it goes through its epochs. */
  readonly patience?: number | undefined;
  /**
   * Default: AdamW whose rate rises to 2e-3 and falls to 0 towards the end of the run, with a weight decay that is greater
   * for few rows.
   */
  readonly optimizer?: Optimizer | undefined;
  /**
   * Of the order of rows and of dropout; the initial weights are drawn by the project's own seed. Default 0, or that of
   * the fit that is continued.
   */
  readonly seed?: number | undefined;
  /** Scales the gradients down to at most this global norm. Default null: no clipping. */
  readonly clipNorm?: number | null | undefined;
  /**
   * An exponential moving average of the weights, kept beside them with this `decay`, above 0 and below 1 (0.999): validation
   * measures it, `keep` keeps it, and the project has it after the fit, while training goes on from the weights themselves. It
   * begins fast: the decay is at most (1 + t) / (10 + t) after t steps. Default: none.
   */
  readonly average?: { readonly decay: number } | undefined;
  /**
   * What becomes of a step whose loss, or a gradient, is NaN or infinite: the fit ends with `NON_FINITE_LOSS`; `skip`, it is left
   * out and counted; `backOff`, that, and all rates are half as great from then on. Ten in a row, or an epoch of nothing else,
   * end the fit at any rate. Default `stop`.
   */
  readonly onNonFinite?: OnNonFinite | undefined;
  /** Ends the fit after the step that is running; the weights stay as they are then. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each epoch, when its weights are the project's; `'stop'` ends the fit. */
  readonly onEpochEnd?: ((record: EpochRecord<Path>) => unknown) | undefined;
  /**
   * A line that is rewritten on a terminal, a line an epoch elsewhere, and a table of the tasks at the end; a record says
   * what of these. False says nothing, but does not silence notes. Default true.
   */
  readonly progress?: boolean | ProgressChoice | undefined;
  /**
   * Goes on where the project's last fit ended: moments, schedule, order of rows and dropout. Two fits of 2 epochs are
   * then one of 4, to the bit, where the rate does not depend on the length of the run: the default optimizer's does.
   * Default false: those start anew, with the weights as they are.
   */
  readonly continue?: boolean | undefined;
  /**
   * Writes all that the run needs to go on into a folder, while it runs. One run has one folder: another fit may neither
   * write there at the same time nor begin there anew. Default: nothing is written.
   */
  readonly checkpoints?: CheckpointOptions | undefined;
  /**
   * A folder of checkpoints: the run goes on from the newest whole one, in another process too, as if it had never stopped.
   * Give the same rows and options as before, `epochs` of the whole run. `ifThere`: that of `checkpoints`, and anew where it
   * has none. Default: no checkpoint is read.
   */
  readonly resume?: string | undefined;
  /**
   * Where the heads of tasks begin that have not been trained: `prior`, at what the labels say as a whole (the log-odds of
   * the base rate, class frequencies, the mean); `drawn`, with biases of 0. Default `prior`.
   */
  readonly heads?: 'prior' | 'drawn' | undefined;
  /**
   * In which each task's loss is measured and added up: `trivial`, the loss of its best constant answer on the first fit's
   * labels, so that 1 is what anybody can have, and tasks of every kind and range pull alike; `plain`, nats and squared
   * deviations. Default `trivial`.
   */
  readonly lossUnits?: 'trivial' | 'plain' | undefined;
  /**
   * A column that says how much each row counts: the loss of a task is Σ weight × masked element losses / Σ weight × mask, in a
   * batch and in the records. Finite numbers from 0 on; 2 counts as the row twice, 0 leaves its labels out. Validation,
   * metrics, and what is learnt of the data before the first step do not know of it. Default: all rows count alike.
   */
  readonly sampleWeight?: string | undefined;
  /**
   * Changes pictures, by the name of their input: fresh in each epoch, and only what is trained on. Labels that are places in the
   * picture move with it. Default: rows stay as they are.
   */
  readonly augment?: Readonly<Record<string, AugmentOptions>> | undefined;
  /** Weighs the tasks, in each epoch or by what each step learns. Default: the weights that they were declared with. */
  readonly balance?: Balancer | undefined;
  /**
   * What may move: elements of parameters that `project.pathways.select` chose. All others keep their value and their moments,
   * to the bit, moving averages too. Default: everything.
   */
  readonly train?: WeightSelection | undefined;
  /** Look at the fit; see `Watcher`. */
  readonly watchers?: readonly Watcher[] | undefined;
  /**
   * Ctrl-C ends the fit as `signal` does, and a second one the process. Default: where progress is shown on a terminal,
   * unless the program listens for SIGINT itself.
   */
  readonly handleSignals?: boolean | undefined;
}

export interface CheckpointOptions {
  /** The folder; it is made where it is not there. */
  readonly dir: string;
  /** Steps of the run between two checkpoints. Default: none within an epoch. */
  readonly everySteps?: number | undefined;
  /** Epochs of the run between two checkpoints. Default 1 without `everySteps`, else none. */
  readonly everyEpochs?: number | undefined;
  /** How many are kept, the newest. Default 3. */
  readonly keep?: number | undefined;
}

const optimizer: Option<Optimizer> = {
  expected: 'what adamW(), adam() or sgd() give',
  read: (given, path) => {
    requireOptimizer(path, given);
    return given;
  },
};

const balancer: Option<Balancer> = {
  expected: 'a Balancer',
  read: (given, path) => {
    const { name, needs } = Object(given) as Partial<Balancer>; // of anything but an object they are undefined
    const methods = needs === 'step' ? ['factors', 'penalties', 'factor'] : ['weights'];
    if (typeof name !== 'string' || !methods.every((one) => typeof Reflect.get(Object(given), one) === 'function')) {
      throw invalidOption(path, given, { expected: `a Balancer: { name, needs, ${methods.join(', ')} }` });
    }
    return given as Balancer; // it has the name and the methods of a balancer
  },
};

const selection: Option<WeightSelection> = option('what project.pathways.select() gives', isSelection);

/** Names that the fit's own watchers have: names are keys of what is saved. */
const OWN = [
  'pathways',
  'notes',
  'loss rises',
  'publication',
  'validation',
  'best',
  'interrupt',
  'progress',
  'onEpochEnd',
  'checkpoints',
];

const watchers: Option<readonly Watcher[]> = {
  expected: 'watchers, each with a name of its own',
  read: (given, path) => {
    const list = Array.isArray(given) ? (given as readonly Watcher[]) : undefined; // each is checked next
    const names = [...OWN, ...(list ?? []).map((one) => one?.name)];
    const fits = list?.every((one) => typeof one?.on === 'function' && typeof one.name === 'string');
    if (list === undefined || !fits || new Set(names).size < names.length) {
      throw invalidOption(path, given, { expected: `watchers, each with a name of its own (not ${OWN.join(', ')})` });
    }
    return list;
  },
};

const monitoredMetric: Option<MonitoredMetric> = group({
  task: text,
  metric: text,
  view: optional(oneOf<EvaluationView>(['given_truth', 'end_to_end'])),
});

/** Not `either`: what is wrong within a record is said at its own path. */
const monitor: Option<'loss' | MonitoredMetric> = {
  expected: `loss, or ${monitoredMetric.expected}`,
  read: (given, path) => {
    if (given === 'loss') return given;
    if (typeof given === 'object') return monitoredMetric.read(given, path);
    const suggestion = typeof given === 'string' ? didYouMean(given, ['loss']) : undefined;
    throw invalidOption(path, given, { expected: monitor.expected, suggestion });
  },
};

const progressChoice: Option<ProgressChoice> = group({
  tasks: optional(flag),
  summary: optional(flag),
  metrics: optional(listOf(text, { least: 1 })),
});

const progress: Option<boolean | ProgressChoice> = {
  expected: `true or false, or ${progressChoice.expected}`,
  read: (given, path) => {
    if (typeof given === 'boolean') return given;
    if (!isRecord(given)) throw invalidOption(path, given, { expected: progress.expected });
    const choice = progressChoice.read(given, path);
    if ((choice.metrics?.length ?? 0) <= MOST_METRICS) return choice;
    throw invalidOption(`${path}.metrics`, choice.metrics, {
      expected: `at most ${MOST_METRICS}: the table has 80 columns`,
    });
  },
};

const stepSchema = {
  batchSize: withDefault(wholeNumber({ least: 1 }), 32),
  clipNorm: withDefault(nullable(number({ above: 0 })), null),
  optimizer: optional(optimizer),
};

export const fitSchema = {
  epochs: optional(wholeNumber({ least: 1 })),
  ...stepSchema,
  average: optional(group({ decay: number({ above: 0, below: 1 }) })),
  onNonFinite: withDefault(oneOf<OnNonFinite>(['stop', 'skip', 'backOff']), 'stop'),
  accumulate: withDefault(wholeNumber({ least: 1 }), 1),
  seed: optional(wholeNumber()),
  validation: optional(unchecked<DataLike>('a table, an array of records, or a source')),
  validationMetrics: optional(flag),
  validationEvery: optional(wholeNumber({ least: 1 })),
  keep: optional(oneOf(['best', 'last'])),
  monitor: optional(monitor),
  patience: optional(wholeNumber({ least: 1 })),
  signal: optional(instance(AbortSignal)),
  onEpochEnd: optional(callback<(record: EpochRecord) => unknown>()),
  progress: withDefault(progress, true),
  continue: withDefault(flag, false),
  checkpoints: optional(
    group({
      dir: text,
      everySteps: optional(wholeNumber({ least: 1 })),
      everyEpochs: optional(wholeNumber({ least: 1 })),
      keep: withDefault(wholeNumber({ least: 1 }), 3),
    }),
  ),
  resume: optional(text),
  heads: withDefault(oneOf(['prior', 'drawn']), 'prior'),
  lossUnits: withDefault(oneOf(['trivial', 'plain']), 'trivial'),
  sampleWeight: optional(text),
  augment: optional(augmentOption),
  balance: optional(balancer),
  train: optional(selection),
  watchers: withDefault(watchers, []),
  handleSignals: optional(flag),
  ...engineSchema,
};

/** What of `fit`'s options decides the compiled step. */
export type ExplainGraphOptions = Pick<FitOptions, 'optimizer' | 'batchSize' | 'clipNorm'>;

export const explainGraphSchema = stepSchema;
