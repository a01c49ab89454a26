/** @file What a fit measures on rows that it does not train on: exact losses, and the metrics given the truth. */
import type { ScoreFold } from '../score/fold.js';
import { lossesOf } from '../score/fold.js';
import { type LossRecord, LossSums } from '../score/loss-sums.js';
import type { Thresholds } from '../score/scores.js';
import { declaredWeights, type Layout } from '../tasks/layout.js';
import { startEvaluation } from './evaluation.js';
import type { EvaluationRow, EvaluationView } from './evaluation-table.js';

export interface ValidationRecord extends LossRecord<string> {
  /** Given the truth, by task path and metric name; null where a metric is not defined. */
  readonly metrics: MetricsByTask;
  /** Those end to end, where they were asked for. */
  readonly endToEnd?: MetricsByTask;
}

type MetricsByTask = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

export interface ValidationOptions {
  /** Of the tasks in the total loss, in flow order. Default: as declared. */
  readonly weights?: readonly number[];
  /** Whether every task's metrics given the truth are measured. Default true; the losses always are. */
  readonly metrics?: boolean;
  /** What of the metrics is measured at any rate. Default null. */
  readonly monitored?: { readonly task: string; readonly view: EvaluationView } | null;
}

export function startValidation(
  layout: Layout,
  thresholds: Thresholds,
  { weights = declaredWeights(layout), metrics = true, monitored = null }: ValidationOptions = {},
): ScoreFold<ValidationRecord> {
  const losses = new LossSums(layout);
  const wanted: EvaluationView[] = metrics ? ['given_truth'] : [];
  const views = [...new Set(monitored === null ? wanted : [...wanted, monitored.view])];
  const tasks = metrics || monitored === null ? null : [monitored.task];
  const evaluation = views.length === 0 ? null : startEvaluation(layout, thresholds, { views, tasks });
  return {
    add: (truth, scores) => {
      losses.addElements(truth, lossesOf(scores));
      evaluation?.add(truth, scores);
    },
    result: () => {
      const rows = evaluation?.result().rows ?? []; // none were asked for
      const given = byTask(layout, rows, 'given_truth');
      const endToEnd = views.includes('end_to_end') ? { endToEnd: byTask(layout, rows, 'end_to_end') } : {};
      return { ...losses.record(weights), metrics: given, ...endToEnd };
    },
  };
}

function byTask(layout: Layout, rows: readonly EvaluationRow[], view: EvaluationView): MetricsByTask {
  const metrics: Record<string, Record<string, number | null>> = Object.create(null);
  for (const { task } of layout.slots) metrics[task.path] = {};
  for (const row of rows) {
    if (row.view !== view) continue;
    (metrics[row.task_path] as Record<string, number | null>)[row.metric_name] = row.metric_res; // made above
  }
  return metrics;
}
