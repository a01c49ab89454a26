/** @file What a fit leaves behind: one record an epoch, exact over the epoch. */
import type { Note } from '../notes.js';
import type { LossRecord } from '../score/loss-sums.js';
import { visible } from '../text.js';

/** Metrics by task path and metric name; null where a metric is not defined. */
export type MetricValues<Path extends string> = Readonly<Record<Path, Readonly<Record<string, number | null>>>>;

export interface Validation<Path extends string = string> extends LossRecord<Path> {
  /** Given the truth. */
  readonly metrics: MetricValues<Path>;
  /** On the rows that the predictions let in; only where the fit monitors one of these. */
  readonly endToEnd?: MetricValues<Path>;
}

/** The epoch whose weights a fit kept. */
export interface KeptEpoch {
  /** From 1, counted from the start of the run. */
  readonly epoch: number;
  /** What was compared: `validation loss`, `open.f1_score (given_truth)`. */
  readonly monitor: string;
  readonly value: number;
}

/** Steps that were left out, as their loss or a gradient was not finite. */
export interface SkippedSteps {
  readonly steps: number;
  /** Of the first of them: the task, or `weights` or `regularisation`. */
  readonly path: string;
  /** What was wrong with it, where, and its rows. */
  readonly problem: string;
}

export interface EpochRecord<Path extends string = string> extends LossRecord<Path> {
  /** From 1, counted from the start of the run. */
  readonly epoch: number;
  readonly validation: Validation<Path> | null;
  /** Mean over the epoch's steps of what the layers' penalties added to the loss; 0 without any. */
  readonly penalty: number;
  /** Weight of each task in the epoch's losses; of a balancer that learns in the step, at the epoch's end. */
  readonly weights: Readonly<Record<Path, number>>;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  readonly seconds: number;
  /** Share of the time of its steps in which they waited for their rows: near 0 where data come fast enough. */
  readonly dataWait: number;
  /** Absent where no step was left out. */
  readonly skipped?: SkippedSteps;
}

/** An epoch that a fit did not finish: its losses are those of the rows that it has seen, before each step. */
export interface PartialRecord<Path extends string = string> extends Omit<EpochRecord<Path>, 'validation'> {
  /** Steps taken of this epoch. */
  readonly steps: number;
}

/** What became of the pathways at one time of a fit: they were scored, assigned, or a schedule pruned them. */
export interface PathwayStep {
  readonly phase: 'scored' | 'assigned' | 'pruned';
  /** By what their weights were scored, and on how many batches; null but for `scored`. */
  readonly scoring: { readonly method: string; readonly batches: number } | null;
  /** From 1: the epoch before whose next step it was. */
  readonly epoch: number;
  /** Optimizer steps of the run before it. */
  readonly step: number;
  /** By pathway, the share of its kernels that it leaves out from now on; empty while they are scored. */
  readonly sparsity: Readonly<Record<string, number>>;
  /** Elements that all pathways lost, each counted for itself. */
  readonly pruned: number;
  /** Elements that were dropped for as many others. */
  readonly exchanged: number;
  /** Whether the weights that are left went back to an earlier epoch. */
  readonly rewound: boolean;
}

/** What a fit of weights that were fit before begins anew, unless it continues that fit. */
export const STARTS_ANEW = ['moments', 'schedule', 'order of rows', 'dropout'] as const;

export interface History<Path extends string = string> {
  /** Of the whole run: a fit that continues another one has its epochs too. */
  readonly epochs: readonly EpochRecord<Path>[];
  /** The epoch in which the fit ended, when it was not its last step; null otherwise. */
  readonly partial: PartialRecord<Path> | null;
  /** Why the fit ended: all epochs done, a watcher or `onEpochEnd` said so, or the signal fired. */
  readonly ended: 'completed' | 'stopped' | 'aborted';
  /** The epoch whose weights the network has; null where it has those of the last step. */
  readonly kept: KeptEpoch | null;
  /** Optimizer steps of the whole run. */
  readonly steps: number;
  /** What should be known of the data, of the engine, and of how the fit began. */
  readonly notes: readonly Note[];
  /** Paths of tasks of which no label has counted yet, in this fit or one before: their answers are those of chance. */
  readonly neverTrained: readonly string[];
  /** What began anew though the weights had been fit before; empty for a first fit, and for one that continues. */
  readonly startedAnew: readonly string[];
  /** What became of the pathways in this run, and when: scored, assigned, pruned; empty where they were there before. */
  readonly pathways: readonly PathwayStep[];
  readonly toString: () => string;
}

export interface HistoryFacts extends Omit<History, 'toString' | 'notes' | 'neverTrained' | 'pathways'> {
  /** Epochs that the run was to have. */
  readonly planned: number;
}

export function createHistory({ planned, ...facts }: HistoryFacts): History {
  const { epochs, partial, kept } = facts;
  const lines = epochs.map((record) => epochLine(record, Math.max(planned, epochs.length)));
  if (partial !== null) lines.push(partialLine(partial, planned));
  if (kept !== null) lines.push(keptLine(kept));
  return Object.freeze({
    ...facts,
    notes: [],
    neverTrained: [],
    pathways: [],
    epochs: Object.freeze([...epochs]),
    startedAnew: Object.freeze([...facts.startedAnew]),
    toString: () => lines.join('\n'),
  });
}

/** The history with these tasks marked. */
export function withNeverTrained(history: History, paths: readonly string[]): History {
  if (paths.length === 0) return history;
  const line = `never trained: ${paths.map(visible).join(', ')}`;
  const neverTrained = Object.freeze([...paths]);
  return Object.freeze({ ...history, neverTrained, toString: () => `${history.toString()}\n${line}` });
}

/** The history with what became of the pathways; that is one line of its text. */
export function withPathwaySteps(history: History, steps: readonly PathwayStep[]): History {
  if (steps.length === 0) return history;
  const pathways = Object.freeze([...steps]);
  const line = pathwaysLine(pathways);
  return Object.freeze({ ...history, pathways, toString: () => `${history.toString()}\n${line}` });
}

/**
 * `pathways pruned 5 times, the last in epoch 8: sparsity 0.8000`, or
 * `3 pathways assigned, scored by gradient on 32 batches: 0.6000 of the kernels' weights left out`
 */
function pathwaysLine(steps: readonly PathwayStep[]): string {
  const last = steps.at(-1);
  const reached = [...new Set(Object.values(last?.sparsity ?? {}).map(digits))].sort();
  const range = reached.length > 1 ? `${reached[0]} to ${reached.at(-1)}` : (reached[0] ?? '');
  const scoring = steps.find(({ phase }) => phase === 'scored')?.scoring ?? null;
  const pruned = steps.filter(({ phase }) => phase === 'pruned');
  const times = pruned.length === 1 ? 'once' : `${pruned.length} times`;
  if (pruned.length > 0) return `pathways pruned ${times}, the last in epoch ${last?.epoch}: sparsity ${range}`;
  const rows = scoring === null || scoring.batches === 0 ? '' : ` on ${counted(scoring.batches, 'batch', 'batches')}`;
  const how = scoring === null ? '' : `, scored by ${scoring.method}${rows}`;
  const count = counted(Object.keys(last?.sparsity ?? {}).length, 'pathway', 'pathways');
  return `${count} assigned${how}: ${range} of the kernels' weights left out`;
}

const counted = (count: number, one: string, several: string): string => `${count} ${count === 1 ? one : several}`;

/** `epoch 3/10  loss 0.1234  validation 0.1310  2.1 s` */
export function epochLine(record: EpochRecord, epochs: number): string {
  const parts = [numbered(record.epoch, epochs), `loss ${digits(record.loss)}`];
  if (record.validation !== null) parts.push(`validation ${digits(record.validation.loss)}`);
  parts.push(`${record.seconds.toFixed(1)} s`);
  return parts.join('  ');
}

/** `epoch 3/10  loss 0.1234  after 7 steps of it  1.1 s` */
export function partialLine(record: PartialRecord, epochs: number): string {
  const steps = `after ${record.steps} ${record.steps === 1 ? 'step' : 'steps'} of it`;
  return [numbered(record.epoch, epochs), `loss ${digits(record.loss)}`, steps, `${record.seconds.toFixed(1)} s`].join(
    '  ',
  );
}

/** `kept epoch 17 (validation loss 0.1234)` */
export function keptLine({ epoch, monitor, value }: KeptEpoch): string {
  return `kept epoch ${epoch} (${monitor} ${digits(value)})`;
}

/** `epoch  3/10` */
export function numbered(epoch: number, epochs: number): string {
  return `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
}

export function digits(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : value.toFixed(4);
}
