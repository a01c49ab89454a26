/** @file The options of `fit`, with their defaults. */
import type { TableLike } from '../data/table.js';
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Balancer } from '../train/balance.js';
import type { EpochRecord } from '../train/history.js';
import { adamW } from '../train/optimizers/adam.js';
import { type Optimizer, requireOptimizer } from '../train/optimizers/optimizer.js';
import type { FitState } from '../train/state.js';
import { epochEnd } from '../train/watchers/epoch-end.js';
import { interrupt, isInterruptFree } from '../train/watchers/interrupt.js';
import { isTerminal, progress } from '../train/watchers/progress.js';
import type { Watcher } from '../train/watchers/watcher.js';
import type { EngineOptions } from './engines.js';

export interface FitOptions<Path extends string = string> extends EngineOptions {
  /** Passes over the rows; with `continue`, those to come, the one that was not finished included. Default 10. */
  readonly epochs?: number;
  /** Rows in one optimizer step. Default 32. */
  readonly batchSize?: number;
  /** Rows to measure after each epoch. */
  readonly validation?: TableLike;
  /** Default `adamW()`, a learning rate of 1e-3. */
  readonly optimizer?: Optimizer;
  /**
   * Of the order of rows and of dropout, and of the initial weights when they are not drawn yet. Default 0, or that of
   * the fit that is continued.
   */
  readonly seed?: number;
  /** Scales the gradients down to at most this global norm. Default: no clipping. */
  readonly clipNorm?: number;
  /** Ends the fit after the step that is running; the weights stay as they are then. */
  readonly signal?: AbortSignal;
  /** Called after each epoch; `'stop'` ends the fit. */
  readonly onEpochEnd?: (record: EpochRecord<Path>) => unknown;
  /** A line that is rewritten on a terminal, a line an epoch elsewhere. Default true. */
  readonly progress?: boolean;
  /**
   * Goes on where the project's last fit ended: moments, schedule, order of rows and dropout. Two fits of 2 epochs are
   * then one of 4, to the bit. Default false: those start anew, with the weights as they are.
   */
  readonly continue?: boolean;
  /** Weighs the tasks in each epoch. Default: the weights that they were declared with. */
  readonly balance?: Balancer;
  /** Look at the fit; see `Watcher`. */
  readonly watchers?: readonly Watcher[];
  /**
   * Ctrl-C ends the fit as `signal` does, and a second one the process. Default: where progress is shown on a terminal,
   * unless the program listens for SIGINT itself.
   */
  readonly handleSignals?: boolean;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof FitOptions>([
  ...(['batchSize', 'clipNorm', 'engine', 'epochs', 'fallback', 'onEpochEnd', 'optimizer'] as const),
  ...(['progress', 'seed', 'signal', 'validation', 'continue', 'balance', 'watchers', 'handleSignals'] as const),
]);

/** What `fit` trains with, beside the data. */
export interface FitSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly clipNorm: number | null;
  readonly optimizer: Optimizer;
  readonly signal: AbortSignal | null;
  readonly balancer: Balancer | null;
  /** But for the validation. */
  readonly watchers: readonly Watcher[];
}

/**
 * @param from the state that is continued
 * @throws HeadgateError `INVALID_OPTIONS`
 */
export function fitOptions<Path extends string>(options: FitOptions<Path>, from: FitState | null = null): FitSettings {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) throw unknownOption(name);
  }
  const { epochs = 10, batchSize = 32, clipNorm = null, signal = null, optimizer = adamW() } = options;
  const { seed = from?.run.seed ?? 0, watchers = [], balance = null } = options;
  requireOption('epochs', epochs, Number.isSafeInteger(epochs) && epochs >= 1, 'a whole number above 0');
  requireOption('batchSize', batchSize, Number.isSafeInteger(batchSize) && batchSize >= 1, 'a whole number above 0');
  requireOption('seed', seed, Number.isSafeInteger(seed), 'a whole number');
  requireOption('clipNorm', clipNorm, clipNorm === null || isPositive(clipNorm), 'a number above 0');
  requireOption('signal', signal, signal === null || signal instanceof AbortSignal, 'an AbortSignal');
  requireOption('balance', balance, balance === null || typeof balance.weights === 'function', 'a Balancer');
  requireOption('watchers', watchers, isUnique(watchers), 'watchers, each with a name of its own');
  for (const name of ['progress', 'continue', 'handleSignals'] as const) {
    requireOption(name, options[name], ['boolean', 'undefined'].includes(typeof options[name]), 'true or false');
  }
  requireOptimizer('fit.optimizer', optimizer);
  return {
    epochs,
    batchSize,
    seed,
    clipNorm,
    optimizer,
    signal,
    balancer: balance,
    watchers: [...shown(options), ...watchers, ...called(options)],
  };
}

/** What a person sees of the fit, and may interrupt. */
function shown({ progress: isShown = true, handleSignals }: Pick<FitOptions, 'progress' | 'handleSignals'>): Watcher[] {
  const isHandled = handleSignals ?? (isShown && isTerminal(process.stderr) && isInterruptFree());
  return [...(isHandled ? [interrupt()] : []), ...(isShown ? [progress()] : [])];
}

function called<Path extends string>({ onEpochEnd }: FitOptions<Path>): Watcher[] {
  // The records that a fit makes have the paths of the flow that it trains.
  return onEpochEnd === undefined ? [] : [epochEnd(onEpochEnd as (record: EpochRecord) => unknown)];
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value > 0;

/** Names of watchers are keys of what is saved. */
function isUnique(watchers: readonly Watcher[]): boolean {
  const own = ['validation', 'interrupt', 'progress', 'onEpochEnd'];
  const names = [...own, ...watchers.map(({ name }) => name)];
  return new Set(names).size === names.length && watchers.every(({ on }) => typeof on === 'function');
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
