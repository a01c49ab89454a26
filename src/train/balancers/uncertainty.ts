/** @file Weights that are learnt with the network: homoscedastic uncertainty. */
import type { StepBalancer } from '../balance.js';

/**
 * Weighs each task by an uncertainty that is learnt with the network (Kendall, Gal, Cipolla, Multi-Task Learning Using
 * Uncertainty to Weigh Losses, CVPR 2018, equation 7 with s = log σ², times 2): each step descends
 *
 *     Σ declared weight × (exp(−s) × L + s)      over the tasks with a counted label in the batch
 *
 * with L the task's loss in its unit. So a task's weight tends to declared weight / L: what is lost anyhow counts less.
 * All tasks have this form: the paper's for decisions (equation 10: exp(−s) × L + s / 2, times 2) is the same of s − log 2,
 * another beginning with the same least.
 *
 * s begins at 0, so weights begin as declared. It is trained by the fit's optimizer at its rate, without decay, and is part
 * of what `clipNorm` measures; a task without a counted label in a batch keeps its s and the moments of it, to the bit. An epoch's
 * record has the weights of its end. Losses are 0 or more: of one below 0, s has no least objective.
 *
 * @example project.fit(train, { epochs: 20, balance: uncertainty() })
 */
export function uncertainty(): StepBalancer {
  return Object.freeze({
    name: 'uncertainty',
    needs: 'step',
    initial: 0,
    factors: (s) => s.neg().exp(),
    penalties: (s) => s,
    factor: (s) => Math.exp(-s),
  } satisfies StepBalancer);
}
