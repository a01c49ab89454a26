/** @file A schedule, or a rate, that is approached in small steps. */
import { invalidOption, number, optional, readOptions, wholeNumber } from '../../options.js';
import { needsLength, rateAt, type Schedule, type ScheduleProgress } from './schedule.js';

export interface WarmUpOptions {
  /** Optimizer steps that rise. Either this or `share`. */
  readonly steps?: number | undefined;
  /** Share of the run's steps, in (0, 1), that rise. */
  readonly share?: number | undefined;
}

/**
 * Multiplies a rate by (step + 1) / n in the first n steps of the run (Goyal et al. 2017, arXiv 1706.02677); the n-th is the
 * first that has the whole rate. The schedule itself knows nothing of it: what it gives afterwards is what it gives without.
 *
 * @throws HeadgateError `INVALID_OPTIONS`; with `share`, `INVALID_LEARNING_RATE` where the run's length is unknown
 * @example adamW({ learningRate: warmUp(stepwise({ initial: 0.1, factor: 0.5, every: 5 }), { steps: 500 }) })
 */
export function warmUp(schedule: number | Schedule, options: WarmUpOptions): Schedule {
  const schema = { steps: optional(wholeNumber({ least: 1 })), share: optional(number({ above: 0, below: 1 })) };
  const { steps, share } = readOptions('warmUp', schema, options);
  if ((steps === undefined) === (share === undefined)) {
    throw invalidOption('warmUp', options, { expected: 'either `steps` or `share`' });
  }
  requireRate(schedule);
  const warmed = (progress: ScheduleProgress): number => {
    const rising = steps ?? Math.max(1, Math.ceil((share ?? 0) * lengthOf(progress)));
    const rate = rateAt(schedule, progress);
    return progress.step < rising ? (rate * (progress.step + 1)) / rising : rate;
  };
  return typeof schedule === 'function' ? Object.assign(warmed, { needs: schedule.needs }) : warmed;
}

function lengthOf({ totalSteps }: ScheduleProgress): number {
  if (totalSteps === null) throw needsLength('warmUp with a share');
  return totalSteps;
}

function requireRate(given: unknown): void {
  if (typeof given === 'function') return;
  number({ least: 0 }).read(given, 'warmUp.schedule');
}
