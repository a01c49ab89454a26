/** @file A rate that rises far, and falls further. */
import { number, optional, readOptions, withDefault } from '../../options.js';
import { needsLength, type Schedule } from './schedule.js';

export interface OneCycleOptions {
  /** The highest rate. */
  readonly peak: number;
  /** The rate of the first step. Default: peak / 25. */
  readonly start?: number | undefined;
  /** The rate of the last step. Default: start / 10,000. */
  readonly end?: number | undefined;
  /** Share of the steps, in [0, 1], that rise. Default 0.3. */
  readonly rise?: number | undefined;
}

/**
 * Rises from `start` to `peak` along half a cosine, and falls to `end` along another (Smith & Topin 2018,
 * arXiv 1708.07120, in the form of PyTorch's `OneCycleLR` of two phases, to whose rates it is held; momentum stays as it is).
 *
 * @throws HeadgateError `INVALID_OPTIONS`; at its first step, `INVALID_LEARNING_RATE` where the run's length is unknown
 * @example sgd({ learningRate: oneCycle({ peak: 0.1 }), momentum: 0.9 })
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const rate = number({ least: 0 });
  const given = readOptions(
    'oneCycle',
    {
      peak: rate,
      start: optional(rate),
      end: optional(rate),
      rise: withDefault(number({ least: 0, most: 1 }), 0.3),
    },
    options,
  );
  const { peak, rise, start = peak / 25, end = start / 1e4 } = given;
  return ({ step, totalSteps }) => {
    if (totalSteps === null) throw needsLength('oneCycle');
    const last = totalSteps - 1;
    const top = Math.max(0, rise * totalSteps - 1);
    if (step < top) return between(start, peak, step / top);
    // A run of one step has no fall.
    return last === top ? peak : between(peak, end, Math.min(1, (step - top) / (last - top)));
  };
}

/** Half a cosine from `from` to `to`. */
function between(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
}
