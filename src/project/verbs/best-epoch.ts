/** @file What `keep`, `monitor` and `patience` ask of a fit. */
import type { DataLike } from '../../data/data-like.js';
import { invalidOption } from '../../options.js';
import type { Layout } from '../../tasks/layout.js';
import { lossMonitor, type Monitor, type MonitoredMetric, metricMonitor } from '../../train/monitor.js';

interface Asked {
  readonly validation?: DataLike | undefined;
  readonly keep?: 'best' | 'last' | undefined;
  readonly monitor?: 'loss' | MonitoredMetric | undefined;
  readonly validationEvery?: number | undefined;
  readonly validationMetrics?: boolean | undefined;
  readonly lossUnits: 'trivial' | 'plain';
  readonly patience?: number | undefined;
}

/** How the best epoch is found, and what comes of it. */
export interface BestEpoch {
  readonly monitor: Monitor;
  readonly keeps: boolean;
  readonly patience: number | null;
}

/**
 * Null where no epoch is the best: without validation rows, or with neither `keep` nor `patience`.
 *
 * @throws HeadgateError `INVALID_OPTIONS` for what needs validation rows and has none, `UNKNOWN_TASK`, `UNKNOWN_METRIC`
 */
export function bestEpoch(layout: Layout, asked: Asked): BestEpoch | null {
  const { validation, keep, monitor: given, patience = null } = asked;
  if (validation === undefined) {
    requireNone('keep', keep === 'best' ? keep : undefined);
    requireNone('monitor', given);
    requireNone('patience', asked.patience);
    requireNone('validationEvery', asked.validationEvery);
    requireNone('validationMetrics', asked.validationMetrics);
    return null;
  }
  const isLoss = given === undefined || given === 'loss';
  const monitor = isLoss ? lossMonitor(layout, asked.lossUnits) : metricMonitor(layout, given, 'fit.monitor');
  const keeps = keep !== 'last';
  return keeps || patience !== null ? { monitor, keeps, patience } : null;
}

function requireNone(name: string, given: unknown): void {
  if (given === undefined) return;
  throw invalidOption(`fit.${name}`, given, {
    problem: 'there are no rows to validate on, by which one epoch would be better than another',
    expected: `a fit with \`validation\`, or without ${name === 'keep' ? "`keep: 'best'`" : `\`${name}\``}`,
    mend: 'Give `validation` rows that are not among those of the fit: `table.split` makes them.',
  });
}
