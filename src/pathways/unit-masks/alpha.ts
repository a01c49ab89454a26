/** @file The weight of the penalty from step to step: as given, or what leads to a number of units. */

export interface AlphaState {
  /** Units whose logit will be above 0 when the optimizer's momentum has run out: they come in crowds, and late. */
  readonly coming: number;
  /** Units kept on average, Σσ(l): it moves as soon as logits do. */
  readonly expected: number;
}

/** Gives the weight of each step's penalty, from what the step before left. */
export type AlphaControl = (before: AlphaState) => number;

export const constantAlpha =
  (alpha: number): AlphaControl =>
  () =>
    alpha;

/** How far a logit may have gone in the time after which the pressure doubles, where units neither go nor are about to. */
const PATIENCE = 0.1;
/** Share of all units by which the expected number must have fallen in that time. */
const PROGRESS = 0.01;
/** Share of all units around the target within which the pressure is in proportion to the distance. */
const BAND = 0.05;

export interface TargetOptions {
  /** To begin with, and at least. */
  readonly alpha: number;
  readonly target: number;
  /** Units that may be masked. */
  readonly units: number;
  /** The farthest that a logit goes in a step, as Adam goes. */
  readonly learningRate: number;
}

/**
 * Presses with `alpha` while there are more units than `target`, twice as hard each time that nothing has come of it for a
 * while; near the target in proportion to the distance, and below it the other way. Each time that it comes to be below
 * it presses half as hard from then on.
 */
export function targetAlpha({ alpha, target, units, learningRate }: TargetOptions): AlphaControl {
  const band = Math.max(1, BAND * units);
  const patience = Math.max(10, Math.round(PATIENCE / learningRate));
  let level = alpha;
  let waited = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let wasAbove = true;
  return ({ coming, expected }) => {
    const distance = (coming - target) / band;
    const isStuck = distance > 0 && expected > lowest - PROGRESS * units;
    waited = isStuck ? waited + 1 : 0;
    if (!isStuck) lowest = expected;
    if (waited >= patience) {
      level *= 2;
      waited = 0;
      lowest = expected;
    }
    if (wasAbove && distance < 0) level = Math.max(alpha, level / 2);
    wasAbove = distance >= 0;
    return level * Math.max(-1, Math.min(1, distance));
  };
}
