/** @file Rule 6: every metric of every task, on the rows that truth lets in and on those that the predictions let in. */
import type { Truth } from '../data/dataset.js';
import { HeadgateError } from '../errors.js';
import { TRUE, UNKNOWN } from '../flow/truth.js';
import { type Note, note } from '../notes.js';
import type { Scores, Thresholds } from '../score/scores.js';
import type { ConfusionFold, MetricFold, MetricResult } from '../tasks/kind.js';
import type { Layout, TaskSlot } from '../tasks/layout.js';
import { confusions } from './confusion-matrix.js';
import { type Decisions, decide } from './decisions.js';
import {
  type EvaluatedTask,
  type Evaluation,
  type EvaluationRow,
  type EvaluationView,
  evaluationTable,
} from './evaluation-table.js';
import { labelTruths } from './gates.js';
import { instancesOf, metricView } from './rows-view.js';

export interface EvaluationOptions {
  /** Default: both. */
  readonly views?: readonly EvaluationView[];
  /** Paths of the tasks to evaluate. Default null: all. */
  readonly tasks?: readonly string[] | null;
}

/** Rows come in chunks of any size; the result does not depend on where they were cut. */
export interface EvaluationFold {
  /** Throws `NON_FINITE_SCORE` and what else `decode` throws. */
  readonly add: (truth: Truth, scores: Scores) => void;
  /** Throws `INVALID_METRIC` when a metric gives NaN or an infinity on rows that it was given. */
  readonly result: () => Evaluation;
}

/**
 * Evaluates every task in both views (see `EvaluationView`). A task with a condition has two more rows, end to end:
 * `gate_recall`, of the rows whose true condition holds the share that the predictions let in; `gate_precision`, of the
 * rows that they let in, and whose true condition is known, the share on which it holds. (It is known not to hold behind
 * a gate that is known to be closed, though the question to the task in that gate has no answer.) Of a task along an
 * axis every position of a row counts as a row.
 */
export function startEvaluation(
  layout: Layout,
  thresholds: Thresholds,
  { views = ['given_truth', 'end_to_end'], tasks: paths = null }: EvaluationOptions = {},
): EvaluationFold {
  const slots = paths === null ? layout.slots : layout.slots.filter(({ task }) => paths.includes(task.path));
  const tasks = slots.map((slot) => startTask(slot, views));
  return {
    add: (truth, scores) => {
      const decisions = decide(layout, scores, thresholds, truth.ids, truth.positions);
      const truths = labelTruths(layout, truth);
      for (const task of tasks) task.add(truth, decisions, truths);
    },
    result: () => evaluationTable(tasks.map((task) => task.result())),
  };
}

/** As `startEvaluation`, for rows that are all there. */
export function evaluate(
  truth: Truth,
  scores: Scores,
  thresholds: Thresholds,
  options: EvaluationOptions = {},
): Evaluation {
  const evaluation = startEvaluation(truth.layout, thresholds, options);
  evaluation.add(truth, scores);
  return evaluation.result();
}

interface TaskFold {
  readonly add: (truth: Truth, decisions: Decisions, truths: Uint8Array) => void;
  readonly result: () => EvaluatedTask;
}

/** What is measured on one selection of a task's rows, and in which views that selection is shown. */
interface Measured {
  readonly views: readonly EvaluationView[];
  readonly metrics: readonly MetricFold[];
  readonly confusion: ConfusionFold | null;
  rows: number;
}

function startTask(slot: TaskSlot, views: readonly EvaluationView[]): TaskFold {
  const { path, condition, kind } = slot.task;
  // a task without a condition has the same rows in both views: they are measured once
  const selections = condition === null ? [views] : views.map((view) => [view]);
  const measured = selections.map(
    (own): Measured => ({
      views: own,
      metrics: kind.metrics.map((metric) => metric.start()),
      confusion: kind.confusion?.() ?? null,
      rows: 0,
    }),
  );
  const gate = condition !== null && views.includes('end_to_end') ? startGate(slot) : null;
  return {
    add: (truth, { scores, decoded, gates }, truths) => {
      const open = gates.ofTask(path);
      for (const one of measured) {
        const isGated = condition !== null && one.views.includes('end_to_end');
        const counted = isGated ? truth.labels.present : truth.mask;
        const instances = instancesOf(slot, truth, counted, isGated ? open : undefined);
        if (instances.length === 0) continue;
        const view = metricView(slot, instances, truth, scores, decoded, counted);
        for (const metric of one.metrics) metric.add(view);
        one.confusion?.add(view);
        one.rows += instances.length;
      }
      gate?.add(truth, open, truths);
    },
    result: () => {
      const results = measured.flatMap((one) => {
        const byMetric = one.metrics.map((metric) => metric.results());
        return one.views.map((view) => ({ view, rows: one.rows, byMetric }));
      });
      const table = new TaskTable(slot);
      for (const [i] of kind.metrics.entries()) {
        table.add(
          results.map(({ view, rows, byMetric }) => ({ view, rows, results: byMetric[i] as readonly MetricResult[] })),
        );
      }
      return table.finish(gate?.rows() ?? [], kind.confusion === undefined ? null : confusionOf(measured));
    },
  };
}

/** Made when asked for; null for a view that was not evaluated. */
function confusionOf(measured: readonly Measured[]): EvaluatedTask['confusion'] {
  return (view) => {
    const own = measured.find(({ views }) => views.includes(view))?.confusion;
    return own ? confusions(own.result()) : null;
  };
}

interface ViewResults {
  readonly view: EvaluationView;
  readonly rows: number;
  readonly results: readonly MetricResult[];
}

/** Collects the rows of one task. */
class TaskTable {
  private readonly rows: EvaluationRow[] = [];
  private readonly perClass = new Set<EvaluationRow>();
  private readonly notes: Note[] = [];
  private readonly path: string;
  private readonly neverTrained: boolean;

  constructor({ task, neverTrained }: TaskSlot) {
    this.path = task.path;
    this.neverTrained = neverTrained;
  }

  /** Both views of a result side by side, results in the metric's own order. */
  add(views: readonly ViewResults[]): void {
    const byName = new Map<string, EvaluationRow[]>();
    for (const { view, rows, results } of views) {
      for (const result of results) {
        const row = Object.freeze(resultRow(this.path, result, rows, view));
        const own = byName.get(result.name) ?? [];
        own.push(row);
        byName.set(result.name, own);
        if (result.class !== undefined) this.perClass.add(row);
        if (result.note !== undefined) this.note(note('METRIC_LEFT_OUT', `${this.path}.${result.name}`, result.note));
      }
    }
    for (const own of byName.values()) this.rows.push(...own);
  }

  private note(next: Note): void {
    if (!this.notes.some(({ path, text }) => path === next.path && text === next.text)) this.notes.push(next);
  }

  finish(gate: readonly EvaluationRow[], confusion: EvaluatedTask['confusion']): EvaluatedTask {
    const { path, neverTrained, perClass, notes } = this;
    return { path, neverTrained, rows: Object.freeze([...this.rows, ...gate]), perClass, notes, confusion };
  }
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

interface GateFold {
  readonly add: (truth: Truth, open: Uint8Array, truths: Uint8Array) => void;
  readonly rows: () => readonly EvaluationRow[];
}

function startGate({ task, answer, positions }: TaskSlot): GateFold {
  let holds = 0;
  let letIn = 0;
  let both = 0;
  const row = (name: string, of: number): EvaluationRow =>
    Object.freeze({
      task_path: task.path,
      metric_name: name,
      metric_res: of === 0 ? null : both / of,
      num_samples: of,
      view: 'end_to_end',
    });
  return {
    add: ({ rows, layout }, open, truths) => {
      for (let row = 0; row < rows; row++) {
        for (let position = 0; position < positions; position++) {
          const truth = truths[row * layout.answers + answer + position];
          const isOpen = open[row * positions + position] === TRUE;
          if (truth === TRUE) holds++;
          if (truth !== UNKNOWN && isOpen) letIn++;
          if (truth === TRUE && isOpen) both++;
        }
      }
    },
    rows: () => [row('gate_recall', holds), row('gate_precision', letIn)],
  };
}
