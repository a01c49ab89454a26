/** @file What balancers ask of an epoch's losses: ratios of them, which losses below 0 have not. */
import { HeadgateError } from '../../errors.js';
import type { EpochRecord } from '../history.js';

/**
 * A task's loss in an epoch; null where no label counted.
 *
 * @throws HeadgateError `INVALID_TASK_WEIGHT` of a loss below 0, as kinds of one's own may have
 */
export function lossOf({ tasks, epoch }: EpochRecord, path: string, balancer: string): number | null {
  const loss = tasks[path] ?? null;
  if (loss === null || loss >= 0) return loss;
  throw new HeadgateError({
    code: 'INVALID_TASK_WEIGHT',
    path,
    problem: `the balancer "${balancer}" divides losses, and in epoch ${epoch} this task's was below 0`,
    expected: 'losses of 0 or more',
    received: String(loss),
    mend: 'Give this flow fixedWeights().',
  });
}
