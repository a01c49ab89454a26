/** @file What a fit measures on validation rows. */
import type { Dataset } from '../data/dataset.js';
import { evaluate } from '../evaluate/evaluation.js';
import type { Flow } from '../flow/flow.js';
import type { NetworkScores } from '../score/scorer.js';
import type { Thresholds } from '../score/scores.js';
import type { TaskKind } from '../tasks/kind.js';
import type { MetricValues } from '../train/history.js';

/** The given-truth metrics of validation rows, by task path and metric name. */
export function measureValidation(
  flow: Flow<TaskKind>,
  dataset: Dataset,
  thresholds: Thresholds,
): (scores: NetworkScores) => MetricValues<string> {
  return (scores) => {
    const byTask: Record<string, Record<string, number | null>> = Object.create(null);
    for (const { path } of flow.tasks) byTask[path] = {};
    for (const row of evaluate(flow, dataset, scores, thresholds).rows) {
      const own = byTask[row.task_path];
      if (row.view === 'given_truth' && own !== undefined) own[row.metric_name] = row.metric_res;
    }
    return byTask;
  };
}
