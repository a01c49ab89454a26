/** @file The options of `pathways.sparsest`. */
import type { DataLike } from '../../data/data-like.js';
import { flag, number, oneOf, unchecked, wholeNumber, withDefault } from '../../options.js';
import { type AssignSettings, granularity, methods, settingsSchema } from '../../pathways/assign/settings.js';
import type { EngineOptions } from './engine.js';
import { type FitOptions, fitSchema } from './fit.js';

export interface SparsestOptions
  extends Omit<AssignSettings, 'sparsity' | 'readsOthers'>,
    Pick<FitOptions, 'batchSize' | 'clipNorm' | 'optimizer' | 'monitor' | 'patience'>,
    EngineOptions {
  /** Rows to measure on; needed. */
  readonly validation: DataLike;
  /** How much worse than now the monitored value may be, in its own units. Default 0.01. */
  readonly budget?: number | undefined;
  /** The lowest sparsity that is of use. Default 0. */
  readonly least?: number | undefined;
  /** The highest sparsity to try. Default 0.99. */
  readonly most?: number | undefined;
  /** The search ends when what fits and what does not lie as near as this. Default 0.01. */
  readonly precision?: number | undefined;
  /** Of fine-tuning, for each try. Default 5. */
  readonly epochs?: number | undefined;
  /**
   * Ends the search after the step that is running. The try that it is in does not count: the project has the best one
   * before it, or is as it was.
   */
  readonly signal?: AbortSignal | undefined;
}

const { sparsity: _, readsOthers: __, ...settings } = settingsSchema;
const { batchSize, clipNorm, optimizer, monitor, patience, signal } = fitSchema;
const { engine, fallback, threads, spinning, onNote } = fitSchema;

export const sparsestSchema = {
  ...settings,
  method: withDefault(oneOf(methods), 'magnitude'),
  granularity: withDefault(granularity, 'weight'),
  exclusive: withDefault(flag, false),
  validation: unchecked<DataLike | undefined>('a table, an array of records, or a source'),
  monitor,
  budget: withDefault(number({ least: 0 }), 0.01),
  least: withDefault(number({ least: 0, below: 1 }), 0),
  most: withDefault(number({ above: 0, below: 1 }), 0.99),
  precision: withDefault(number({ above: 0 }), 0.01),
  epochs: withDefault(wholeNumber({ least: 1 }), 5),
  ...{ batchSize, clipNorm, optimizer, patience, signal, engine, fallback, threads, spinning, onNote },
};
