/** @file How many epochs a fit has that is not told. Its numbers are those of the quality bench: see docs/training.md. */

/** Optimizer steps after which tables of every size that the bench has gain nothing. */
const ENOUGH_STEPS = 2000;
const LEAST_EPOCHS = 10;
/** As RealMLP's (Holzmüller et al. 2024, arXiv 2407.04491). */
const MOST_EPOCHS = 256;

/**
 * As many epochs as make 2,000 steps, held within 10…256.
 *
 * @param stepsPerEpoch null where nobody knows yet: 10
 * @example defaultEpochs(14); // 143
 */
export function defaultEpochs(stepsPerEpoch: number | null): number {
  if (stepsPerEpoch === null) return LEAST_EPOCHS;
  return Math.min(MOST_EPOCHS, Math.max(LEAST_EPOCHS, Math.ceil(ENOUGH_STEPS / stepsPerEpoch)));
}
