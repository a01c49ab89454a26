/** @file The options of `fit`, and of the compiled step that `explainGraph` prints. */
import type { DataLike, Row, Table } from '../../data/table.js';
import {
  callback,
  flag,
  instance,
  nullable,
  number,
  type Option,
  option,
  optional,
  unchecked,
  wholeNumber,
  withDefault,
} from '../../options.js';
import type { EpochRecord } from '../../train/history.js';
import { adamW } from '../../train/optimizers/adam.js';
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import { type EngineOptions, engineSchema } from './engine.js';

export interface FitOptions<Path extends string = string, Own = Row> extends EngineOptions {
  /** Passes over the rows. Default 10. */
  readonly epochs?: number | undefined;
  /** Rows in one optimizer step. Default 32. */
  readonly batchSize?: number | undefined;
  /** Rows to measure after each epoch. */
  readonly validation?: Table | readonly Own[] | undefined;
  /** Default `adamW()`, a learning rate of 1e-3. */
  readonly optimizer?: Optimizer | undefined;
  /** Of the order of rows and of dropout; the initial weights are drawn by the project's own seed. Default 0. */
  readonly seed?: number | undefined;
  /** Scales the gradients down to at most this global norm. Default null: no clipping. */
  readonly clipNorm?: number | null | undefined;
  /** Ends the fit after the step that is running; the weights stay as they are then. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each epoch, when its weights are the project's; `'stop'` ends the fit. */
  readonly onEpochEnd?: ((record: EpochRecord<Path>) => unknown) | undefined;
  /** A progress bar on a terminal, a line an epoch elsewhere. It does not silence notes. Default true. */
  readonly progress?: boolean | undefined;
}

const optimizer: Option<Optimizer> = option(
  'what adam(…), adamW(…) or sgd(…) give: an optimizer whose steps are gated by task, not a name and none of tfjs',
  isOptimizer,
);

function isOptimizer(given: unknown): given is Optimizer {
  if (typeof given !== 'object' || given === null) return false;
  const has = (name: keyof Optimizer, type: string): boolean => typeof Reflect.get(given, name) === type;
  const lists = ['moments', 'gateSlots', 'groups'] as const satisfies (keyof Optimizer)[];
  return (
    has('prepare', 'function') &&
    has('update', 'function') &&
    lists.every((name) => Array.isArray(Reflect.get(given, name)))
  );
}

const stepSchema = {
  batchSize: withDefault(wholeNumber({ least: 1 }), 32),
  clipNorm: withDefault(nullable(number({ above: 0 })), null),
  optimizer: optional(optimizer),
};

export const fitSchema = {
  epochs: withDefault(wholeNumber({ least: 1 }), 10),
  ...stepSchema,
  seed: withDefault(wholeNumber(), 0),
  validation: optional(unchecked<DataLike>('a table, or an array of records')),
  signal: optional(instance(AbortSignal)),
  onEpochEnd: optional(callback<(record: EpochRecord) => unknown>()),
  progress: withDefault(flag, true),
  ...engineSchema,
};

/** What of `fit`'s options decides the compiled step. */
export type ExplainGraphOptions = Pick<FitOptions, 'optimizer' | 'batchSize' | 'clipNorm'>;

export const explainGraphSchema = stepSchema;

export const defaultOptimizer = adamW;
