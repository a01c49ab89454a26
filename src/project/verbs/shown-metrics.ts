/** @file Checks the metrics that the table after a fit is to show. */
import { didYouMean, HeadgateError, listed, show } from '../../errors.js';
import { invalidOption } from '../../options.js';
import type { Layout } from '../../tasks/layout.js';
import { metricNames } from '../../train/monitor.js';
import type { ProgressChoice } from '../../train/watchers/progress.js';

interface Asked {
  readonly progress: boolean | ProgressChoice;
  readonly validation?: unknown;
  readonly validationMetrics?: boolean | undefined;
}

/** @throws HeadgateError `UNKNOWN_METRIC` for one that no task has, `INVALID_OPTIONS` for a fit that measures none */
export function requireShown(layout: Layout, { progress, validation, validationMetrics = true }: Asked): void {
  if (typeof progress === 'boolean' || progress.metrics === undefined) return;
  const path = 'fit.progress.metrics';
  if (validation === undefined || !validationMetrics) {
    throw invalidOption(path, progress.metrics, {
      problem: 'these metrics are to be shown, and the fit measures none',
      expected: 'a fit with `validation`, and without `validationMetrics: false`',
    });
  }
  const names = [...new Set(layout.slots.flatMap((slot) => metricNames(slot)))];
  const unknown = progress.metrics.findIndex((name) => !names.includes(name));
  if (unknown < 0) return;
  const name = progress.metrics[unknown] ?? '';
  throw new HeadgateError({
    code: 'UNKNOWN_METRIC',
    path: `${path}[${unknown}]`,
    problem: 'No task of the flow has such a metric.',
    expected: `one of: ${listed(names)}`,
    received: show(name),
    suggestion: didYouMean(name, names),
  });
}
