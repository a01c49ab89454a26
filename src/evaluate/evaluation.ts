/** @file Rule 6: every metric of every task, on the rows that truth lets in and on those that the predictions let in. */
import type { Dataset } from '../data/dataset.js';
import { HeadgateError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { TRUE, UNKNOWN } from '../flow/truth.js';
import type { Scores, Thresholds } from '../score/scores.js';
import type { MetricResult, MetricView, TaskKind } from '../tasks/kind.js';
import type { TaskSlot } from '../tasks/layout.js';
import { decode } from './decode.js';
import {
  type EvaluatedTask,
  type Evaluation,
  type EvaluationRow,
  type EvaluationView,
  evaluationTable,
} from './evaluation-table.js';
import { decodedGates, labelTruths } from './gates.js';
import { metricView, rowsOf } from './rows-view.js';

/**
 * Evaluates every task in both views (see `EvaluationView`). A task with a condition has two more rows, end to end:
 * `gate_recall`, of the rows whose true condition holds the share that the predictions let in; `gate_precision`, of the
 * rows that they let in, and whose true condition is known, the share on which it holds.
 * Throws `NON_FINITE_SCORE`, and `INVALID_METRIC` when a metric gives NaN or an infinity on rows that it was given.
 */
export function evaluate(flow: Flow<TaskKind>, dataset: Dataset, scores: Scores, thresholds: Thresholds): Evaluation {
  const { layout, labels, mask } = dataset;
  const decoded = decode(layout, scores, thresholds);
  const { open } = decodedGates(flow, layout, decoded);
  const truths = labelTruths(flow, layout, labels);
  const tasks = layout.slots.map((slot): EvaluatedTask => {
    const { path, kind, condition } = slot.task;
    const views: Record<EvaluationView, MetricView> = {
      given_truth: metricView(slot, rowsOf(slot, dataset, mask), dataset, scores, decoded, mask),
      end_to_end: metricView(
        slot,
        rowsOf(slot, dataset, labels.present, open),
        dataset,
        scores,
        decoded,
        labels.present,
      ),
    };
    const gate = condition === null ? [] : gateRows(slot, dataset, open, truths);
    const { confusion } = kind;
    return {
      path,
      rows: Object.freeze([...metricRows(slot, views), ...gate].map((row) => Object.freeze(row))),
      confusion: confusion
        ? { given_truth: confusion(views.given_truth), end_to_end: confusion(views.end_to_end) }
        : null,
    };
  });
  return evaluationTable(tasks);
}

function metricRows(slot: TaskSlot, views: Readonly<Record<EvaluationView, MetricView>>): EvaluationRow[] {
  const { path, kind } = slot.task;
  return kind.metrics.flatMap((metric) => {
    const rowsIn = (view: EvaluationView): EvaluationRow[] =>
      metric.compute(views[view]).map((result) => resultRow(path, result, views[view].rows, view));
    const found = [...rowsIn('given_truth'), ...rowsIn('end_to_end')];
    // both views of a result side by side, results in the metric's own order
    const names = [...new Set(found.map((row) => row.metric_name))];
    return names.flatMap((name) => found.filter((row) => row.metric_name === name));
  });
}

function resultRow(path: string, result: MetricResult, viewRows: number, view: EvaluationView): EvaluationRow {
  const rows = result.rows ?? viewRows;
  if (rows > 0 && result.value !== null && !Number.isFinite(result.value)) {
    throw new HeadgateError({
      code: 'INVALID_METRIC',
      path: `${path}.${result.name}`,
      problem: 'The metric gave no finite number.',
      expected: 'a finite number, or null where it is not defined',
      received: String(result.value),
      mend: 'Return null from the metric in this case.',
    });
  }
  const value = rows === 0 ? null : result.value;
  return { task_path: path, metric_name: result.name, metric_res: value, num_samples: rows, view };
}

function gateRows({ task, index }: TaskSlot, dataset: Dataset, open: Uint8Array, truths: Uint8Array): EvaluationRow[] {
  const tasks = dataset.layout.slots.length;
  let holds = 0;
  let letIn = 0;
  let both = 0;
  for (let i = index; i < dataset.rows * tasks; i += tasks) {
    const known = truths[i] !== UNKNOWN;
    if (truths[i] === TRUE) holds++;
    if (known && open[i] === 1) letIn++;
    if (truths[i] === TRUE && open[i] === 1) both++;
  }
  const row = (name: string, of: number): EvaluationRow => ({
    task_path: task.path,
    metric_name: name,
    metric_res: of === 0 ? null : both / of,
    num_samples: of,
    view: 'end_to_end',
  });
  return [row('gate_recall', holds), row('gate_precision', letIn)];
}
