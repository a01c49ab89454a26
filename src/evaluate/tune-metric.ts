/** @file What tuning maximises: a metric by name, a function of the counts, or one for each task. */
import { didYouMean, HeadgateError, show } from '../errors.js';
import type { Layout } from '../tasks/layout.js';
import { type CountMetric, countMetrics } from '../tasks/metrics/counts.js';

export type CountMetricName = keyof typeof countMetrics;

/** `f1_score`, `accuracy`, `precision`, `recall`, `balanced_accuracy`, or any function of the counts to be maximised. */
export type TuneMetric = CountMetricName | CountMetric;

/** For all tasks, or by task path. */
export type TuneMetrics = TuneMetric | Readonly<Record<string, TuneMetric>>;

export interface NamedMetric {
  readonly name: string;
  readonly compute: CountMetric;
}

const defaultMetric: CountMetricName = 'f1_score';

/** The metric of each task, by path. Throws `UNKNOWN_METRIC`, `UNKNOWN_TASK`, `NO_THRESHOLDS`. */
export function metricChooser(layout: Layout, metric: TuneMetrics = defaultMetric): (path: string) => NamedMetric {
  if (typeof metric !== 'object' || metric === null) {
    const named = namedMetric(metric, 'metric');
    return () => named;
  }
  const byPath = new Map<string, NamedMetric>();
  for (const [path, own] of Object.entries(metric)) {
    const slot = layout.slots.find(({ task }) => task.path === path);
    if (!slot?.task.kind.thresholds) throw notTunable(path, slot !== undefined, layout);
    byPath.set(path, namedMetric(own, `metric.${path}`));
  }
  const fallback = namedMetric(defaultMetric, 'metric');
  return (path) => byPath.get(path) ?? fallback;
}

function namedMetric(metric: TuneMetric, path: string): NamedMetric {
  if (typeof metric === 'function') return { name: metric.name || 'metric', compute: metric };
  if (Object.hasOwn(countMetrics, metric)) return { name: metric, compute: countMetrics[metric] };
  throw new HeadgateError({
    code: 'UNKNOWN_METRIC',
    path,
    problem: 'Thresholds cannot be tuned for this metric.',
    expected: `${Object.keys(countMetrics).join(', ')}, or a function of { tp, fp, tn, fn }`,
    received: show(metric),
    suggestion: didYouMean(String(metric), Object.keys(countMetrics)),
  });
}

function notTunable(path: string, known: boolean, layout: Layout): HeadgateError {
  const paths = layout.slots.filter(({ task }) => task.kind.thresholds !== null).map(({ task }) => task.path);
  return new HeadgateError({
    code: known ? 'NO_THRESHOLDS' : 'UNKNOWN_TASK',
    path: `metric.${path}`,
    problem: known ? 'This task decides without a threshold.' : 'There is no such task in the flow.',
    expected: `one of: ${paths.join(', ')}`,
    suggestion: known ? undefined : didYouMean(path, paths),
  });
}
