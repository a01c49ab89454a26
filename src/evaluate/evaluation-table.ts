/** @file The evaluation as a table: what a user reads, and the forms in which it is passed on. */
import { type DanfoFrame, danfoFrame } from '../data/danfo.js';
import { didYouMean, HeadgateError } from '../errors.js';
import type { Note } from '../notes.js';
import { type OptionsOf, oneOf, optional, readOptions, withDefault } from '../options.js';
import { columnsOf, padRight, shortenAll, visible, wrap } from '../text.js';
import type { Confusions } from './confusion-matrix.js';
import { formatNumber, neverTrainedWords, terminalColumns, toCsv, toMarkdown } from './text-table.js';

/**
 * Which rows of a task count. `given_truth`: those on which its full condition is true by the labels (or unknown, where
 * the declaration includes those), as dnn_cool computes it: how good the head is. `end_to_end`: those on which its gate is open by the decoded predictions: what a
 * deployed user gets. In both, rows whose label is missing do not count.
 */
export type EvaluationView = 'given_truth' | 'end_to_end';

export interface EvaluationRow {
  readonly task_path: string;
  readonly metric_name: string;
  /** Null where it is not defined, such as without rows; never NaN. Errors are in label units. */
  readonly metric_res: number | null;
  /** Rows that it rests on; of a task along an axis, positions of rows. */
  readonly num_samples: number;
  readonly view: EvaluationView;
}

export interface PrintOptions {
  /** One view alone; both side by side when left out. */
  readonly view?: EvaluationView;
  /**
   * The lines of single classes (`f1_score[red]`): all of them, none, or `few`: those of tasks with at most 10 classes.
   * Default `few`; what is left out is counted.
   */
  readonly classes?: 'few' | 'all' | 'none';
}

const viewOption = optional(oneOf<EvaluationView>(['given_truth', 'end_to_end']));
const printSchema = {
  view: viewOption,
  classes: withDefault(oneOf(['few', 'all', 'none']), 'few'),
};

export interface Evaluation<Path extends string = string> {
  /** In flow order, then in the order of the task's metrics, then `given_truth` before `end_to_end`. */
  readonly rows: readonly EvaluationRow[];
  /** Paths of tasks of which no label ever counted in a fit: their numbers are those of chance. */
  readonly neverTrained: readonly string[];
  /** What a reader should know of the data, the weights, and metrics that were left out. */
  readonly notes: readonly Note[];
  // A method, so that the evaluation of one project passes for any: functions would not vary in their paths.
  /**
   * One number, by its name. Without a view: `given_truth`, or the only view in which the metric exists.
   *
   * @throws HeadgateError `UNKNOWN_TASK`, `UNKNOWN_METRIC`, `INVALID_OPTIONS` for a view that does not exist
   * @example evaluation.value('doorOpen', 'accuracy', 'end_to_end')
   */
  value(path: Path, metric: string, view?: EvaluationView): number | null;
  /**
   * What was taken for what. Default view `given_truth`.
   *
   * @throws HeadgateError `UNKNOWN_TASK`, `INVALID_OPTIONS`, `NO_CONFUSION` for a task that does not choose classes
   */
  confusion(path: Path, view?: EvaluationView): Confusions;
  /**
   * The table, at most 80 columns wide.
   *
   * @throws HeadgateError `INVALID_OPTIONS`
   */
  readonly toString: (options?: PrintOptions) => string;
  readonly print: (options?: PrintOptions) => void;
  /** `task_path,metric_name,metric_res,num_samples,view`; a value that is not defined is an empty cell. */
  readonly toCsv: () => string;
  readonly toMarkdown: () => string;
  /** Copies of the rows, for whoever wants to change them. */
  readonly toRecords: () => EvaluationRow[];
  /**
   * A danfo DataFrame, NaN where a value is not defined.
   *
   * @throws HeadgateError `MISSING_PACKAGE` when the optional peer is not installed
   */
  readonly toDanfo: () => Promise<DanfoFrame>;
}

/** What the table needs to know of a task. */
export interface EvaluatedTask {
  readonly path: string;
  readonly neverTrained: boolean;
  readonly rows: readonly EvaluationRow[];
  /** Those of `rows` that are about a single class. */
  readonly perClass: ReadonlySet<EvaluationRow>;
  readonly notes: readonly Note[];
  /** Null for a task that does not choose between classes; gives null for a view that was not evaluated. */
  readonly confusion: ((view: EvaluationView) => Confusions | null) | null;
}

const columns = ['task_path', 'metric_name', 'metric_res', 'num_samples', 'view'] as const;

/** @param tasks in flow order */
export function evaluationTable(tasks: readonly EvaluatedTask[]): Evaluation {
  const rows = Object.freeze(tasks.flatMap((task) => task.rows));
  const byPath = new Map(tasks.map((task) => [task.path, task]));
  const taskAt = (path: string): EvaluatedTask => byPath.get(path) ?? unknownTask(path, byPath.keys());
  const cells = (): EvaluationRow[keyof EvaluationRow][][] => rows.map((row) => columns.map((name) => row[name]));
  const notes = Object.freeze(tasks.flatMap((task) => task.notes));
  const neverTrained = Object.freeze(tasks.filter((task) => task.neverTrained).map(({ path }) => path));
  const caption = neverTrained.length === 0 ? '' : `\nNever trained: ${neverTrained.map(visible).join(', ')}\n`;
  const text = (options: PrintOptions = {}): string => render(tasks, notes, readOptions('print', printSchema, options));
  return Object.freeze<Evaluation>({
    rows,
    neverTrained,
    notes,
    value: (path, metric, view) => {
      requireView('value', view);
      const own = taskAt(path).rows.filter((row) => view === undefined || row.view === view);
      const found = own.find((row) => row.metric_name === metric) ?? unknownMetric(path, metric, own);
      return found.metric_res;
    },
    confusion: (path, view = 'given_truth') => {
      requireView('confusion', view);
      const { confusion } = taskAt(path);
      if (confusion === null)
        throw noConfusion(path, 'This task does not choose between classes, so it confuses none.');
      return confusion(view) ?? raise(noConfusion(path, `The view ${view} was not evaluated.`));
    },
    toString: text,
    print: (options) => console.log(text(options)),
    toCsv: () => toCsv(columns, cells()),
    toMarkdown: () =>
      toMarkdown(
        columns,
        rows.map((row) =>
          columns.map((name) => (name === 'metric_res' ? formatNumber(row.metric_res) : String(row[name]))),
        ),
      ) + caption,
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

/** Classes of one task whose lines are shown without being asked for. */
const FEW_CLASSES = 10;

/** Tasks in flow order, each under its path; the rows of a metric's views stand side by side. */
function render(
  tasks: readonly EvaluatedTask[],
  notes: readonly Note[],
  { view, classes }: OptionsOf<typeof printSchema>,
): string {
  const views: readonly EvaluationView[] = view ? [view] : ['given_truth', 'end_to_end'];
  const sections = tasks.map((task) => sectionOf(task, views, classes));
  const room = terminalColumns - views.length * (valueWidth + countWidth);
  const longest = Math.max(0, ...sections.flatMap(({ lines }) => lines.map(({ name }) => columnsOf(visible(name)))));
  const nameWidth = Math.min(room, Math.max(12, longest + 3));
  const heading = views.map((one) => headings[one].padStart(valueWidth) + 'rows'.padStart(countWidth)).join('');
  const titles = shortenAll(
    tasks.map(({ path }) => path),
    terminalColumns - neverTrainedWords.length,
  );
  const text = [`${''.padEnd(nameWidth)}${heading}`];
  for (const [i, { lines, leftOut }] of sections.entries()) {
    text.push(`${titles[i]}${tasks[i]?.neverTrained ? neverTrainedWords : ''}`);
    const names = shortenAll(
      lines.map(({ name }) => name),
      nameWidth - 3,
    );
    for (const [k, { shown }] of lines.entries()) {
      text.push(`  ${padRight(names[k] as string, nameWidth - 2)}${shown.map(cell).join('')}`);
    }
    if (leftOut > 0) text.push(`  … ${leftOut} more for single classes: print({ classes: 'all' })`);
  }
  text.push(...notes.flatMap(({ path, text: said }) => wrap(visible(`note: ${path}: ${said}`), terminalColumns, '  ')));
  return text.map((line) => line.trimEnd()).join('\n');
}

interface Section {
  readonly lines: readonly { readonly name: string; readonly shown: readonly (EvaluationRow | undefined)[] }[];
  /** Lines of single classes that are not shown. */
  readonly leftOut: number;
}

function sectionOf(
  { rows, perClass }: EvaluatedTask,
  views: readonly EvaluationView[],
  classes: NonNullable<PrintOptions['classes']>,
): Section {
  const byName = new Map<string, (EvaluationRow | undefined)[]>();
  const ofClass = new Set<string>();
  for (const row of rows) {
    const place = views.indexOf(row.view);
    if (place < 0) continue;
    const shown = byName.get(row.metric_name) ?? views.map(() => undefined);
    shown[place] = row;
    byName.set(row.metric_name, shown);
    if (perClass.has(row)) ofClass.add(row.metric_name);
  }
  // three metrics a class: what a kind from outside has may differ, but not by much
  const isHidden = classes === 'none' || (classes === 'few' && ofClass.size > 3 * FEW_CLASSES);
  const lines = [...byName].map(([name, shown]) => ({ name, shown }));
  return {
    lines: isHidden ? lines.filter(({ name }) => !ofClass.has(name)) : lines,
    leftOut: isHidden ? ofClass.size : 0,
  };
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

/** @throws HeadgateError `INVALID_OPTIONS`: no metric would be found in a view that does not exist, and be blamed for it. */
function requireView(method: 'value' | 'confusion', view: unknown): void {
  viewOption.read(view, `${method}.view`);
}

function noConfusion(path: string, problem: string): HeadgateError {
  return new HeadgateError({ code: 'NO_CONFUSION', path, problem });
}

function raise(error: HeadgateError): never {
  throw error;
}
