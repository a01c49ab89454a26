/** @file A rate that falls along half a cosine. */
import { number, readOptions, withDefault } from '../../options.js';
import { needsLength, type Schedule } from './schedule.js';

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
