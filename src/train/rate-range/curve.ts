/** @file What a learning-rate range test has found, as data and as a chart of text. */
import type { Note } from '../../notes.js';
import type { RangeRun } from './range.js';
import { leastOf } from './smoothed-losses.js';

export interface LearningRateCurve {
  /** Of each step that was taken, rising. */
  readonly rates: readonly number[];
  /** Of each step's batch, before the step: Σ weight × task loss; null where none of its labels counts. */
  readonly losses: readonly (number | null)[];
  /** Its running mean; null before the first label that counts. */
  readonly smoothed: readonly (number | null)[];
  /** The rate at which the loss falls fastest; null where it does not fall. */
  readonly suggestion: number | null;
  /** Whether all rates were tried, the loss diverged before, or the signal fired. */
  readonly ended: 'completed' | 'diverged' | 'aborted';
  readonly notes: readonly Note[];
  /** The smoothed loss over the rates, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
}

/** @param smoothing as in the run */
export function rateCurve(run: RangeRun, smoothing: number): LearningRateCurve {
  const suggestion = steepest(run, smoothing);
  const text = (): string => textOf(run, suggestion);
  return Object.freeze<LearningRateCurve>({
    rates: Object.freeze([...run.rates]),
    losses: Object.freeze([...run.losses]),
    smoothed: Object.freeze([...run.smoothed]),
    ...{ suggestion, ended: run.ended, notes: [] },
    toString: text,
    print: () => console.log(text()),
  });
}

/**
 * Where the smoothed loss falls most from the step before to the step after, up to its least value. The rates are evenly spaced by their
 * logarithms, so that is the steepest descent over log rate. A running mean is late by smoothing / (1 − smoothing) steps
 * on the average; the rate is that of so many steps before.
 */
export function steepest({ rates, smoothed }: Pick<RangeRun, 'rates' | 'smoothed'>, smoothing: number): number | null {
  const end = smoothed.indexOf(leastOf(smoothed));
  let place: number | null = null;
  let most = 0;
  for (let i = 1; i < end; i++) {
    const [before, after] = [smoothed[i - 1] ?? null, smoothed[i + 1] ?? null];
    if (before === null || after === null || before - after <= most) continue;
    [place, most] = [i, before - after];
  }
  if (place === null) return null;
  return rates[Math.max(0, place - Math.round(smoothing / (1 - smoothing)))] ?? null;
}

const LINES = 20;
const BAR = 56;

function textOf({ rates, smoothed, ended }: RangeRun, suggestion: number | null): string {
  const most = smoothed.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);
  const every = Math.max(1, Math.ceil(rates.length / LINES));
  const lines = rates.flatMap((rate, i) => {
    if (i % every !== 0 && i !== rates.length - 1) return [];
    const value = smoothed[i] ?? null;
    const bar = value === null || most === 0 ? '' : '█'.repeat(Math.max(0, Math.round((BAR * value) / most)));
    return [`${rate.toExponential(1).padStart(8)}  ${numberOf(value).padStart(10)}  ${bar}`.trimEnd()];
  });
  return [`${'rate'.padStart(8)}  ${'loss'.padStart(10)}`, ...lines, endOf(ended, rates, suggestion)].join('\n');
}

function numberOf(value: number | null): string {
  if (value === null) return '–';
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(2) : value.toFixed(4);
}

function endOf(ended: RangeRun['ended'], rates: readonly number[], suggestion: number | null): string {
  const last = rates.at(-1)?.toExponential(1);
  const how = {
    completed: 'all rates were tried',
    diverged: `the loss diverged after ${last}`,
    aborted: `aborted after ${rates.length} steps`,
  }[ended];
  const what =
    suggestion === null
      ? 'the loss does not fall: no suggestion'
      : `it falls fastest at ${suggestion.toExponential(1)}`;
  return `${what}; ${how}`;
}
