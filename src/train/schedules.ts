/** @file Learning-rate schedules: plain functions of where the run stands. */
import { HeadgateError, show } from '../errors.js';
import { number, readOptions, withDefault } from '../options.js';

export interface ScheduleProgress {
  /** Optimizer steps taken before this one, from the start of the run: a fit that continues another one counts on. */
  readonly step: number;
  /** Steps of the whole run, those of the fits that it continues included; null when the data have no known length. */
  readonly totalSteps: number | null;
  /** Full epochs finished, from the start of the run. */
  readonly epoch: number;
  /** Epochs of the whole run, those of the fits that it continues included. */
  readonly epochs: number;
}

/** The share of the run that lies behind a step; where nobody knows how many steps there are, behind the middle of its epoch. */
export function withinRun({ step, totalSteps, epoch, epochs }: ScheduleProgress): number {
  return totalSteps === null ? (epoch + 0.5) / epochs : step / totalSteps;
}

/** A learning rate for each step: a pure function of where the run stands. */
export type Schedule = (progress: ScheduleProgress) => number;

export interface CosineOptions {
  /** The rate after warm-up. */
  readonly peak: number;
  /** The rate at the last step. Default 0. */
  readonly floor?: number;
  /** Share of the steps, in [0, 1), that rise linearly from 0 to the peak. Default 0. */
  readonly warmup?: number;
}

/**
 * Rises linearly, then falls along half a cosine (Loshchilov & Hutter, ICLR 2017, without restarts).
 *
 * @throws HeadgateError `INVALID_OPTIONS`; at its first step, `INVALID_LEARNING_RATE` where the run's length is unknown
 * @example adamW({ learningRate: cosine({ peak: 1e-3, floor: 1e-5, warmup: 0.1 }) })
 */
export function cosine(options: CosineOptions): Schedule {
  const rate = number({ least: 0 });
  const schema = { peak: rate, floor: withDefault(rate, 0), warmup: withDefault(number({ least: 0, below: 1 }), 0) };
  const { peak, floor, warmup } = readOptions('cosine', schema, options);
  return ({ step, totalSteps }) => {
    if (totalSteps === null) throw needsLength('cosine');
    const rising = warmup * totalSteps;
    if (step < rising) return (peak * (step + 1)) / Math.max(1, Math.ceil(rising));
    const fraction = (step - rising) / Math.max(1, totalSteps - 1 - rising);
    return floor + ((peak - floor) * (1 + Math.cos(Math.PI * Math.min(1, fraction)))) / 2;
  };
}

export interface StepwiseOptions {
  readonly initial: number;
  /** Multiplies the rate at each boundary. */
  readonly factor: number;
  /** Epochs between boundaries. */
  readonly every: number;
}

/**
 * initial × factor^floor(epoch / every).
 *
 * @throws HeadgateError `INVALID_OPTIONS`
 * @example sgd({ learningRate: stepwise({ initial: 0.1, factor: 0.5, every: 5 }) })
 */
export function stepwise(options: StepwiseOptions): Schedule {
  const rate = number({ least: 0 });
  const { initial, factor, every } = readOptions(
    'stepwise',
    { initial: rate, factor: rate, every: number({ above: 0 }) },
    options,
  );
  return ({ epoch }) => initial * factor ** Math.floor(epoch / every);
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
    mend: 'The step was not taken. A schedule is given { step, totalSteps, epoch, epochs } and returns the rate.',
  });
}

function needsLength(schedule: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_LEARNING_RATE',
    path: 'optimizer.learningRate',
    problem: `${schedule} needs to know how many steps the run has, and these data have no known length`,
    expected: 'a schedule of the steps or epochs alone, such as stepwise',
  });
}
