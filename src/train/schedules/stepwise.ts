/** @file A rate that falls at boundaries between epochs. */
import { number, readOptions } from '../../options.js';
import type { Schedule } from './schedule.js';

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
