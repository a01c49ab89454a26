/** @file Guards against thresholds that belong to another task. */
import { HeadgateError, show } from '../errors.js';

/** Throws `THRESHOLD_COUNT` unless there is one threshold for each decision. */
export function checkThresholds(kind: string, thresholds: readonly number[], names: readonly string[]): void {
  if (thresholds.length === names.length) return;
  throw new HeadgateError({
    code: 'THRESHOLD_COUNT',
    path: kind,
    problem: 'The number of thresholds differs from the number of decisions.',
    expected: `${names.length} (${names.slice(0, 10).join(', ')})`,
    received: show(thresholds),
    mend: 'Pass the thresholds that were tuned for this very task, or those of `kind.thresholds.initial`.',
  });
}
