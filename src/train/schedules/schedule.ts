/** @file Learning-rate schedules: plain functions of where the run stands. */
import { HeadgateError, show } from '../../errors.js';
import type { EpochRecord } from '../history.js';

export interface ScheduleProgress {
  /** Optimizer steps taken before this one, from the start of the run: a fit that continues another one counts on. */
  readonly step: number;
  /** Steps of the whole run, those of the fits that it continues included; null when the data have no known length. */
  readonly totalSteps: number | null;
  /** Full epochs finished, from the start of the run. */
  readonly epoch: number;
  /** Epochs of the whole run, those of the fits that it continues included. */
  readonly epochs: number;
  /** Of the epochs that are finished, those of the fits that it continues included. */
  readonly records: readonly EpochRecord[];
}

/** The share of the run that lies behind a step; where nobody knows how many steps there are, behind the middle of its epoch. */
export function withinRun({ step, totalSteps, epoch, epochs }: ScheduleProgress): number {
  return totalSteps === null ? (epoch + 0.5) / epochs : step / totalSteps;
}

/**
 * A learning rate for each step: a pure function of where the run stands, so that a run which is continued has the rates
 * of one that never stopped.
 */
export interface Schedule {
  (progress: ScheduleProgress): number;
  /** What its records must have: a fit without validation rows refuses it at once. */
  readonly needs?: 'validation' | undefined;
}

/**
 * The rate of a step. A rate that is no number would ruin every weight at once, and the loss of the next rows would be
 * blamed for it.
 *
 * @throws HeadgateError `INVALID_LEARNING_RATE`
 */
export function rateAt(learningRate: number | Schedule, progress: ScheduleProgress): number {
  const rate: unknown = typeof learningRate === 'function' ? learningRate(progress) : learningRate;
  if (typeof rate === 'number' && Number.isFinite(rate) && rate >= 0) return rate;
  throw new HeadgateError({
    code: 'INVALID_LEARNING_RATE',
    path: 'optimizer.learningRate',
    problem: `the schedule gave no learning rate for step ${progress.step + 1} (epoch ${progress.epoch + 1})`,
    expected: 'a finite number, 0 or more',
    received: show(rate),
    mend: 'The step was not taken. A schedule is given { step, totalSteps, epoch, epochs, records } and returns the rate.',
  });
}

/** For a schedule of the whole run, of which nobody knows how long it is. */
export function needsLength(schedule: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LEARNING_RATE',
    path: 'optimizer.learningRate',
    problem: `${schedule} needs to know how many steps the run has, and these data have no known length`,
    expected: 'a schedule of the steps or epochs alone, such as stepwise',
  });
}
