/** @file Learning-rate schedules: plain functions of where the fit stands. */

export interface ScheduleProgress {
  /** Optimizer steps taken before this one, over the whole fit. */
  readonly step: number;
  readonly totalSteps: number;
  /** Full epochs finished. */
  readonly epoch: number;
}

export type Schedule = (progress: ScheduleProgress) => number;

export interface CosineOptions {
  /** The rate after warm-up. */
  readonly peak: number;
  /** The rate at the last step. Default 0. */
  readonly floor?: number;
  /** Share of the steps, in [0, 1), that rise linearly from 0 to the peak. Default 0. */
  readonly warmup?: number;
}

/** Rises linearly, then falls along half a cosine (Loshchilov & Hutter, ICLR 2017, without restarts). */
export function cosine({ peak, floor = 0, warmup = 0 }: CosineOptions): Schedule {
  return ({ step, totalSteps }) => {
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

/** initial × factor^floor(epoch / every). */
export function stepwise({ initial, factor, every }: StepwiseOptions): Schedule {
  return ({ epoch }) => initial * factor ** Math.floor(epoch / every);
}
