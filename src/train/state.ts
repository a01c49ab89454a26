/** @file Everything a run needs to go on, as plain data: a checkpoint is a copy of it. */
import type { Cursor, Feed } from '../data/feed.js';
import type { HostTensors } from '../engine/engine.js';
import { describe } from '../engine/host-tensor.js';
import { HeadgateError } from '../errors.js';
import type { Json } from '../flow/graph.js';
import type { SumsState } from '../score/loss-sums.js';
import { focusPrefix } from './focus.js';
import type { EpochRecord, KeptEpoch } from './history.js';
import type { Skipping } from './non-finite.js';

/** But for the tensors it is JSON. Seed and step key all randomness, so no generator is part of it. */
export interface FitState {
  /** Weights, moments, bias corrections, extensions' tensors, by state name. */
  readonly tensors: HostTensors;
  readonly cursor: Cursor;
  /** Optimizer steps since the start of the run. */
  readonly steps: number;
  readonly running: RunningEpoch;
  /** Of the epochs that are finished. */
  readonly records: readonly EpochRecord[];
  readonly startedAnew: readonly string[];
  /** The best epoch so far, with the network's weights of its end; null where none is kept. */
  readonly best: KeptWeights | null;
  /** What each watcher saved, by its name. */
  readonly watchers: Readonly<Record<string, Json>>;
  readonly run: RunFacts;
  /** `stopped` where a watcher has ended the run: who resumes it takes no step more. Absent otherwise. */
  readonly asked?: 'stopped';
  /** What was left out; absent in older states: nothing. */
  readonly skipping?: Skipping;
}

export interface KeptWeights extends KeptEpoch {
  readonly weights: HostTensors;
}

/** A fit that has ended. */
export interface EndedFit {
  readonly state: FitState;
  /** The weights that it left in the network, by name: its last or its best ones, maybe among other tensors. */
  readonly written: HostTensors;
}

/** What is known of the running epoch. */
export interface RunningEpoch {
  readonly sums: SumsState;
  readonly seconds: number;
  /** Seconds in which steps waited for their data, and in which they were taken; absent in older states. */
  readonly waited?: number;
  readonly stepped?: number;
  /** Of its last step; 0 before the first. */
  readonly learningRate: number;
}

/** What a run may not change on its way, or not within an epoch. */
export interface RunFacts {
  readonly optimizer: string;
  readonly seed: number;
  readonly rows: number | null;
  readonly batchSize: number;
  /** Batches of an optimizer step; absent in older states: 1. */
  readonly accumulate?: number;
}

/**
 * @param first what the steps would keep before their first
 * @throws HeadgateError `CANNOT_CONTINUE` when this run cannot go on from that state
 */
export function requireContinuable(state: FitState, first: HostTensors, now: RunFacts): void {
  const { optimizer, seed, rows, batchSize, accumulate = 1 } = state.run;
  if (now.optimizer !== optimizer) throw cannotContinue('optimizer', optimizer, now.optimizer);
  if (now.seed !== seed) throw cannotContinue('seed', String(seed), String(now.seed));
  for (const name of new Set([...Object.keys(first), ...Object.keys(state.tensors)])) {
    const [needed, kept] = [first[name], state.tensors[name]].map((tensor) =>
      tensor === undefined ? 'none' : describe(tensor),
    );
    if (needed !== kept) throw cannotContinue(name, String(kept), String(needed));
    // What may move is the call's: the state's own would stand for it unseen.
    const isSame = first[name]?.data.every((value, i) => value === state.tensors[name]?.data[i]);
    if (name.startsWith(focusPrefix) && isSame === false) throw cannotContinue(name, 'the same elements', 'others');
  }
  // Between epochs the data may change; within one, its place would mean other rows.
  if (state.cursor.step === 0) return;
  if (now.rows !== rows) throw cannotContinue('data', `${rows} rows`, `${now.rows} rows`);
  if (now.batchSize !== batchSize) throw cannotContinue('batchSize', String(batchSize), String(now.batchSize));
  const parts = now.accumulate ?? 1;
  if (parts !== accumulate) throw cannotContinue('accumulate', String(accumulate), String(parts));
}

export function runFacts(
  { rows, batchSize }: Feed,
  { kind }: { readonly kind: string },
  seed: number,
  accumulate: number,
): RunFacts {
  return { optimizer: kind, seed, rows, batchSize, accumulate };
}

/** @throws HeadgateError `CANNOT_CONTINUE` when the weights are not those that the fit left: its moments are of others */
export function requireSameWeights({ written }: EndedFit, weights: HostTensors): void {
  for (const [name, { data }] of Object.entries(weights)) {
    const kept = written[name]?.data;
    if (kept !== undefined && kept.length === data.length && kept.every((value, i) => Object.is(value, data[i]))) {
      continue;
    }
    throw new HeadgateError({
      code: 'CANNOT_CONTINUE',
      path: name,
      problem: 'the weights have changed since the fit that is to be continued',
      expected: 'the weights that it left',
      mend: 'Fit without `continue`: moments, schedule, order of rows and dropout start anew.',
    });
  }
}

function cannotContinue(path: string, expected: string, received: string): HeadgateError {
  return new HeadgateError({
    code: 'CANNOT_CONTINUE',
    path,
    problem: 'this fit cannot go on where the one before it ended',
    expected: `${expected}, as in that fit`,
    received,
    mend: 'Give the same options and data, or fit without `continue`.',
  });
}
