/** @file The options of `fit`, with their defaults. */
import type { TableLike } from '../data/table.js';
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { TrainingOptions } from '../train/fit.js';
import type { EpochRecord } from '../train/history.js';
import { adamW } from '../train/optimizers/adam.js';
import type { Optimizer } from '../train/optimizers/optimizer.js';
import type { EngineOptions } from './engines.js';

export interface FitOptions<Path extends string = string> extends EngineOptions {
  /** Passes over the rows. Default 10. */
  readonly epochs?: number;
  /** Rows in one optimizer step. Default 32. */
  readonly batchSize?: number;
  /** Rows to measure after each epoch. */
  readonly validation?: TableLike;
  /** Default `adamW()`, a learning rate of 1e-3. */
  readonly optimizer?: Optimizer;
  /** Of the order of rows and of dropout, and of the initial weights when they are not drawn yet. Default 0. */
  readonly seed?: number;
  /** Scales the gradients down to at most this global norm. Default: no clipping. */
  readonly clipNorm?: number;
  /** Ends the fit after the step that is running; the weights stay as they are then. */
  readonly signal?: AbortSignal;
  /** Called after each epoch; `'stop'` ends the fit. */
  readonly onEpochEnd?: (record: EpochRecord<Path>) => unknown;
  /** A progress bar on a terminal, a line an epoch elsewhere. Default true. */
  readonly progress?: boolean;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof FitOptions>([
  ...(['batchSize', 'clipNorm', 'engine', 'epochs', 'fallback', 'onEpochEnd', 'optimizer'] as const),
  ...(['progress', 'seed', 'signal', 'validation'] as const),
]);

/** Throws `INVALID_OPTIONS`. */
export function fitOptions<Path extends string>(options: FitOptions<Path>): TrainingOptions {
  const { epochs = 10, batchSize = 32, seed = 0, clipNorm = null, progress = true } = options;
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) throw unknownOption(name);
  }
  requireOption('epochs', epochs, Number.isSafeInteger(epochs) && epochs >= 1, 'a whole number above 0');
  requireOption('batchSize', batchSize, Number.isSafeInteger(batchSize) && batchSize >= 1, 'a whole number above 0');
  requireOption('seed', seed, Number.isSafeInteger(seed), 'a whole number');
  requireOption('clipNorm', clipNorm, clipNorm === null || clipNorm > 0, 'a number above 0');
  return {
    epochs,
    batchSize,
    seed,
    clipNorm,
    progress,
    optimizer: options.optimizer ?? adamW(),
    signal: options.signal ?? null,
    // The records that `train` makes have the paths of the flow that it trains.
    onEpochEnd: (options.onEpochEnd as ((record: EpochRecord) => unknown) | undefined) ?? null,
  };
}

function requireOption(name: string, value: unknown, fits: boolean, expected: string): void {
  if (fits) return;
  throw new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `fit.${name}`,
    problem: 'this option does not fit',
    expected,
    received: show(value),
  });
}

/** From untyped code: an option that is misspelt would else be passed over in silence. */
function unknownOption(name: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTIONS',
    path: `fit.${name}`,
    problem: 'there is no such option',
    expected: [...OPTIONS].join(', '),
    received: show(name),
    suggestion: didYouMean(name, OPTIONS),
  });
}
