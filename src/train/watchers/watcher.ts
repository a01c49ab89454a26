/** @file What happens in a fit, and who looks at it: progress, validation, callbacks, checkpoints. */
import type { BoundRows } from '../../data/bound-rows.js';
import type { Dataset } from '../../data/dataset.js';
import type { HostTensors } from '../../engine/engine.js';
import type { Json } from '../../flow/graph.js';
import type { ScoreFold } from '../../score/fold.js';
import type { EpochRecord, History, KeptEpoch } from '../history.js';
import type { FitState } from '../state.js';

export type FitEvent =
  /** Before anything else. `epochs` of the whole run; `done` of them are finished already. */
  | { readonly kind: 'begin'; readonly epochs: number; readonly done: number }
  /** `epoch` from 1; `step` of its `steps` are taken already. */
  | { readonly kind: 'epochBegin'; readonly epoch: number; readonly step: number; readonly steps: number | null }
  /** A step was taken. `loss`: mean of the epoch's batch losses so far. */
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      /** Steps since the start of the run. */
      readonly total: number;
      readonly loss: number;
      readonly learningRate: number;
      /** As in the epoch's record, so far. */
      readonly dataWait: number;
    }
  /** All steps of an epoch are taken; its record is made after this event, with what watchers measure now. */
  | { readonly kind: 'measure'; readonly epoch: number }
  /** Rows of the validation data that are scored; `rows` is null when nobody knows how many there are. */
  | { readonly kind: 'validation'; readonly done: number; readonly rows: number | null }
  | { readonly kind: 'epoch'; readonly record: EpochRecord }
  /** Also after an error, then without a history. */
  | { readonly kind: 'end'; readonly history: History | null };

/** What a watcher may do to a fit. */
export interface FitControl {
  /** Ends the fit after the step that is running. */
  readonly stop: (reason: 'stopped' | 'aborted') => void;
  /** A copy of everything that the run needs to go on from here. */
  readonly snapshot: () => Promise<FitState>;
  /** Puts the weights of this moment into the network, where `save`, `predict` and `evaluate` find them. */
  readonly publish: () => Promise<void>;
  /** Replaces tensors of the running state: weights, moments, masks. */
  readonly write: (tensors: HostTensors) => Promise<void>;
  /** Scores rows with the weights of this moment, and hands them to a fold. */
  readonly fold: <Result>(rows: BoundRows<Dataset>, fold: ScoreFold<Result>) => Promise<Result>;
  /** Becomes the record's `validation`; to be called on `measure`. */
  readonly measured: (validation: NonNullable<EpochRecord['validation']>) => void;
  /**
   * Copies the weights of this moment. They become the network's when the fit ends, unless others are kept after them or
   * the fit fails, and the history's `kept` says so.
   */
  readonly keep: (kept: KeptEpoch) => Promise<void>;
  /**
   * Mean loss of a task over the epoch so far, in the task's own unit; null before its first counted label. It costs nothing
   * that grows with the number of tasks.
   */
  readonly taskLoss: (path: string) => number | null;
  /** Weights of the tasks in the running epoch, in flow order. */
  readonly weights: readonly number[];
}

/** Looks at a fit. It is called for every event, and the fit waits for it where it returns a promise. */
export interface Watcher {
  /** Unique in a fit: what it saves is kept under this name. */
  readonly name: string;
  readonly on: (event: FitEvent, fit: FitControl) => unknown;
  /** What it needs to go on in another process. */
  readonly save?: () => Json;
  /** Gets back what `save` gave, before `begin`. */
  readonly restore?: (saved: Json) => void;
}
