/** @file What a fit measures on rows that it does not train on: exact losses, and the metrics given the truth. */
import type { ScoreFold } from '../score/fold.js';
import { lossesOf } from '../score/fold.js';
import { type LossRecord, LossSums } from '../score/loss-sums.js';
import type { Thresholds } from '../score/scores.js';
import { declaredWeights, type Layout } from '../tasks/layout.js';
import { startEvaluation } from './evaluation.js';

export interface ValidationRecord extends LossRecord<string> {
  /** Given the truth, by task path and metric name; null where a metric is not defined. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/** @param weights of the tasks in the total loss, in flow order; by default as declared */
export function startValidation(
  layout: Layout,
  thresholds: Thresholds,
  weights: readonly number[] = declaredWeights(layout),
): ScoreFold<ValidationRecord> {
  const losses = new LossSums(layout);
  const evaluation = startEvaluation(layout, thresholds, { views: ['given_truth'] });
  return {
    add: (truth, scores) => {
      losses.addElements(truth, lossesOf(scores));
      evaluation.add(truth, scores);
    },
    result: () => {
      const metrics: Record<string, Record<string, number | null>> = Object.create(null);
      for (const { task } of layout.slots) metrics[task.path] = {};
      for (const { task_path, metric_name, metric_res } of evaluation.result().rows) {
        (metrics[task_path] as Record<string, number | null>)[metric_name] = metric_res; // made above
      }
      return { ...losses.record(weights), metrics };
    },
  };
}
