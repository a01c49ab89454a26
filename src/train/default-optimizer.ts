/** @file The optimizer of a fit that is given none. Its numbers are those of the quality bench: see docs/quality.md. */
import { adamW } from './optimizers/adam.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { type Schedule, withinRun } from './schedules/schedule.js';

const PEAK = 2e-3;
const WARMUP = 0.1;
const MOST_DECAY = 3;
const LEAST_DECAY = 0.01;
/** Of the decay for one step an epoch. */
const DECAY = 110;

/** What is multiplied with what comes in; offsets and the scales of normalisations stay where they are. */
const isNoKernel = (name: string): boolean => !/(kernel|embeddings)$/i.test(name);

/**
 * AdamW whose rate rises over a tenth of the run and falls to 0 along half a cosine, and whose weight decay is greater
 * where rows are few and come again often: 110 / (steps an epoch)^1.5, held within 0.01…3, on kernels and embeddings.
 *
 * @param stepsPerEpoch null where nobody knows yet: the least decay
 */
export function defaultOptimizer(stepsPerEpoch: number | null): Optimizer {
  return adamW({
    learningRate: defaultRate,
    weightDecay: defaultDecay(stepsPerEpoch),
    groups: [{ parameters: isNoKernel, weightDecay: 0 }],
  });
}

/** See `defaultOptimizer`. */
export function defaultDecay(stepsPerEpoch: number | null): number {
  if (stepsPerEpoch === null) return LEAST_DECAY;
  return Math.min(MOST_DECAY, Math.max(LEAST_DECAY, DECAY / stepsPerEpoch ** 1.5));
}

/** As `cosine`, by steps where the run's length is known, else by epochs. */
const defaultRate: Schedule = (progress) => {
  const done = withinRun(progress);
  if (done < WARMUP) return PEAK * Math.max(0.01, done / WARMUP);
  return (PEAK * (1 + Math.cos(Math.PI * Math.min(1, (done - WARMUP) / (1 - WARMUP))))) / 2;
};
