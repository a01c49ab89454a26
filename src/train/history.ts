/** @file What a fit leaves behind: one record an epoch, exact over the epoch. */
import type { Note } from '../notes.js';
import type { LossRecord } from '../score/loss-sums.js';

/** Metrics by task path and metric name; null where a metric is not defined. */
export type MetricValues<Path extends string> = Readonly<Record<Path, Readonly<Record<string, number | null>>>>;

export interface EpochRecord<Path extends string = string> extends LossRecord<Path> {
  /** From 1. */
  readonly epoch: number;
  readonly validation: (LossRecord<Path> & { readonly metrics: MetricValues<Path> }) | null;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  readonly seconds: number;
}

export interface History<Path extends string = string> {
  readonly epochs: readonly EpochRecord<Path>[];
  /** Why the fit ended: all epochs done, `onEpochEnd` returned `'stop'`, or the signal fired. */
  readonly ended: 'completed' | 'stopped' | 'aborted';
  /** Optimizer steps taken. */
  readonly steps: number;
  /** What should be known of the data and of how the fit began. */
  readonly notes: readonly Note[];
  readonly toString: () => string;
}

export function createHistory<Path extends string>(
  epochs: readonly EpochRecord<Path>[],
  ended: History['ended'],
  steps: number,
): History<Path> {
  return Object.freeze({
    epochs: Object.freeze([...epochs]),
    ended,
    steps,
    notes: [],
    toString: () => epochs.map((record) => epochLine(record, epochs.length)).join('\n'),
  });
}

/** `epoch 3/10  loss 0.1234  validation 0.1310  2.1 s` */
export function epochLine(record: EpochRecord, epochs: number): string {
  const parts = [
    `epoch ${String(record.epoch).padStart(String(epochs).length)}/${epochs}`,
    `loss ${digits(record.loss)}`,
  ];
  if (record.validation !== null) parts.push(`validation ${digits(record.validation.loss)}`);
  parts.push(`${record.seconds.toFixed(1)} s`);
  return parts.join('  ');
}

function digits(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toFixed(4);
}
