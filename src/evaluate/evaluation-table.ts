/** @file The evaluation as a table: what a user reads, and the forms in which it is passed on. */
import { type DanfoFrame, danfoFrame } from '../data/danfo.js';
import { didYouMean, HeadgateError } from '../errors.js';
import type { Note } from '../notes.js';
import { oneOf, optional, readOptions } from '../options.js';
import type { ConfusionMatrix } from '../tasks/kind.js';
import { formatNumber, shorten, terminalColumns, toCsv, toMarkdown } from './text-table.js';

/**
 * Which rows of a task count. `given_truth`: those on which its full condition is true by the labels, as dnn_cool
 * computes it: how good the head is. `end_to_end`: those on which its gate is open by the decoded predictions: what a
 * deployed user gets. In both, rows whose label is missing do not count.
 */
export type EvaluationView = 'given_truth' | 'end_to_end';

export interface EvaluationRow {
  readonly task_path: string;
  readonly metric_name: string;
  /** Null where it is not defined, such as without rows; never NaN. Errors are in label units. */
  readonly metric_res: number | null;
  readonly num_samples: number;
  readonly view: EvaluationView;
}

export interface PrintOptions {
  /** One view alone; both side by side when left out. */
  readonly view?: EvaluationView;
}

const printSchema = { view: optional(oneOf<EvaluationView>(['given_truth', 'end_to_end'])) };

export interface Evaluation<Path extends string = string> {
  /** In flow order, then in the order of the task's metrics, then `given_truth` before `end_to_end`. */
  readonly rows: readonly EvaluationRow[];
  /** What should be known of the data and the weights. */
  readonly notes: readonly Note[];
  // A method, so that the evaluation of one project passes for any: functions would not vary in their paths.
  /**
   * One number. Without a view: `given_truth`, or the only view in which the metric exists. Throws `UNKNOWN_TASK`,
   * `UNKNOWN_METRIC`.
   */
  value(path: Path, metric: string, view?: EvaluationView): number | null;
  /** Default view `given_truth`. Throws `UNKNOWN_TASK`, and `NO_CONFUSION` for a task that does not choose classes. */
  confusion(path: Path, view?: EvaluationView): readonly ConfusionMatrix[];
  /** The table, at most 80 columns wide. */
  readonly toString: (options?: PrintOptions) => string;
  readonly print: (options?: PrintOptions) => void;
  /** `task_path,metric_name,metric_res,num_samples,view`; a value that is not defined is an empty cell. */
  readonly toCsv: () => string;
  readonly toMarkdown: () => string;
  /** Copies of the rows, for whoever wants to change them. */
  readonly toRecords: () => EvaluationRow[];
  /** A danfo DataFrame, NaN where a value is not defined. Throws `MISSING_PACKAGE` when the optional peer is not installed. */
  readonly toDanfo: () => Promise<DanfoFrame>;
}

/** What the table needs to know of a task. */
export interface EvaluatedTask {
  readonly path: string;
  readonly rows: readonly EvaluationRow[];
  /** By view; null for a task that does not choose between classes. */
  readonly confusion: Readonly<Record<EvaluationView, readonly ConfusionMatrix[]>> | null;
}

const columns = ['task_path', 'metric_name', 'metric_res', 'num_samples', 'view'] as const;

/** @param tasks in flow order */
export function evaluationTable(tasks: readonly EvaluatedTask[]): Evaluation {
  const rows = Object.freeze(tasks.flatMap((task) => task.rows));
  const byPath = new Map(tasks.map((task) => [task.path, task]));
  const taskAt = (path: string): EvaluatedTask => byPath.get(path) ?? unknownTask(path, byPath.keys());
  const cells = (): EvaluationRow[keyof EvaluationRow][][] => rows.map((row) => columns.map((name) => row[name]));
  const text = (options: PrintOptions = {}): string => render(tasks, readOptions('print', printSchema, options).view);
  return Object.freeze<Evaluation>({
    rows,
    notes: [],
    value: (path, metric, view) => {
      const own = taskAt(path).rows.filter((row) => view === undefined || row.view === view);
      const found = own.find((row) => row.metric_name === metric) ?? unknownMetric(path, metric, own);
      return found.metric_res;
    },
    confusion: (path, view = 'given_truth') => (taskAt(path).confusion ?? noConfusion(path))[view],
    toString: text,
    print: (options) => console.log(text(options)),
    toCsv: () => toCsv(columns, cells()),
    toMarkdown: () =>
      toMarkdown(
        columns,
        rows.map((row) =>
          columns.map((name) => (name === 'metric_res' ? formatNumber(row.metric_res) : String(row[name]))),
        ),
      ),
    toRecords: () => rows.map((row) => ({ ...row })),
    toDanfo: () =>
      danfoFrame(
        columns,
        cells().map((row) => row.map((value) => value ?? Number.NaN)),
      ),
  });
}

const headings: Readonly<Record<EvaluationView, string>> = { given_truth: 'given truth', end_to_end: 'end to end' };
const valueWidth = 13;
const countWidth = 7;

/** Tasks in flow order, each under its path; the rows of a metric's views stand side by side. */
function render(tasks: readonly EvaluatedTask[], only: EvaluationView | undefined): string {
  const views: readonly EvaluationView[] = only ? [only] : ['given_truth', 'end_to_end'];
  const room = terminalColumns - views.length * (valueWidth + countWidth);
  const names = tasks.flatMap(({ rows }) => rows.map((row) => row.metric_name.length + 3));
  const nameWidth = Math.min(room, Math.max(12, ...names));
  const heading = views.map((view) => headings[view].padStart(valueWidth) + 'rows'.padStart(countWidth)).join('');
  const lines = [`${''.padEnd(nameWidth)}${heading}`];
  for (const { path, rows } of tasks) {
    lines.push(shorten(path, terminalColumns, 'end'));
    for (const name of new Set(rows.map((row) => row.metric_name))) {
      const shown = views.map((view) => rows.find((row) => row.metric_name === name && row.view === view));
      if (shown.some((row) => row))
        lines.push(`  ${shorten(name, nameWidth - 3).padEnd(nameWidth - 2)}${shown.map(cell).join('')}`);
    }
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

function cell(row: EvaluationRow | undefined): string {
  if (!row) return ''.padStart(valueWidth + countWidth);
  return formatNumber(row.metric_res).padStart(valueWidth) + String(row.num_samples).padStart(countWidth);
}

function unknownTask(path: string, known: Iterable<string>): never {
  const paths = [...known];
  throw new HeadgateError({
    code: 'UNKNOWN_TASK',
    path,
    problem: 'There is no such task in this evaluation.',
    expected: `one of: ${paths.slice(0, 10).join(', ')}${paths.length > 10 ? ', …' : ''}`,
    suggestion: didYouMean(path, paths),
  });
}

function unknownMetric(path: string, metric: string, rows: readonly EvaluationRow[]): never {
  const names = [...new Set(rows.map((row) => row.metric_name))];
  throw new HeadgateError({
    code: 'UNKNOWN_METRIC',
    path: `${path}.${metric}`,
    problem: 'This task has no such metric in this view.',
    expected: `one of: ${names.join(', ')}`,
    suggestion: didYouMean(metric, names),
  });
}

function noConfusion(path: string): never {
  throw new HeadgateError({
    code: 'NO_CONFUSION',
    path,
    problem: 'This task does not choose between classes, so it confuses none.',
  });
}
