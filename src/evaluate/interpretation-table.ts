/** @file Best and worst rows, as data and as a table. */
import { didYouMean, HeadgateError } from '../errors.js';
import type { Note } from '../notes.js';
import { padRight, shorten } from '../text.js';
import { formatNumber, neverTrainedWords, terminalColumns } from './text-table.js';

export interface InterpretedRow {
  /** Null: over all tasks. */
  readonly task_path: string | null;
  readonly side: 'best' | 'worst';
  /** 1 is the best of the best, or the worst of the worst. */
  readonly rank: number;
  /** Its number in the data that it was first read from (`table.ids`): a split or a filter does not change it. */
  readonly row: number;
  readonly loss: number;
  /** As the user writes it; elements and positions of it that are missing, or do not count, are null. Null over all tasks. */
  readonly label: unknown;
  readonly prediction: unknown;
}

export interface Extremes {
  readonly best: readonly InterpretedRow[];
  readonly worst: readonly InterpretedRow[];
}

export interface Interpretation<Path extends string = string> {
  /** Tasks in flow order, then all together; best before worst; by rank. */
  readonly rows: readonly InterpretedRow[];
  /**
   * Its best and worst rows. A task that counts on no row has none of either.
   *
   * @throws HeadgateError `UNKNOWN_TASK`
   */
  task(path: Path): Extremes;
  readonly overall: Extremes;
  /** Paths of tasks of which no label ever counted in a fit: their losses are those of chance. */
  readonly neverTrained: readonly string[];
  readonly notes: readonly Note[];
  /** The table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
  /** Copies of the rows. */
  readonly toRecords: () => InterpretedRow[];
}

/** What the table needs to know of a task. */
export interface InterpretedTask {
  readonly path: string;
  readonly neverTrained: boolean;
}

/** @param tasks all, those without rows included */
export function interpretationTable(
  tasks: readonly InterpretedTask[],
  found: readonly InterpretedRow[],
): Interpretation {
  const paths = tasks.map(({ path }) => path);
  const rows = Object.freeze(found.map((row) => Object.freeze(row)));
  const extremesOf = (path: string | null): Extremes => {
    const own = rows.filter((row) => row.task_path === path);
    return { best: own.filter((row) => row.side === 'best'), worst: own.filter((row) => row.side === 'worst') };
  };
  const text = (): string =>
    [
      ...tasks.map(({ path, neverTrained }) => render(path, neverTrained ? neverTrainedWords : '', extremesOf(path))),
      render(null, '', extremesOf(null)),
    ].join('\n');
  return Object.freeze<Interpretation>({
    rows,
    task: (path) => {
      if (paths.includes(path)) return extremesOf(path);
      throw new HeadgateError({
        code: 'UNKNOWN_TASK',
        path,
        problem: 'There is no such task in this interpretation.',
        expected: `one of: ${paths.join(', ')}`,
        suggestion: didYouMean(path, paths),
      });
    },
    overall: extremesOf(null),
    neverTrained: Object.freeze(tasks.filter((task) => task.neverTrained).map(({ path }) => path)),
    notes: [],
    toString: text,
    print: () => console.log(text()),
    toRecords: () => rows.map((row) => ({ ...row })),
  });
}

const sideWidth = 8;
const rowWidth = 9;
const lossWidth = 12;
const valueWidth = Math.floor((terminalColumns - sideWidth - rowWidth - lossWidth) / 2);

/** @param path null: over all tasks, of which there is no one label or prediction */
function render(path: string | null, mark: string, { best, worst }: Extremes): string {
  const heading = shorten(path ?? 'over all tasks', terminalColumns - mark.length) + mark;
  if (best.length === 0) return `${heading}\n  no row counts`;
  return [heading, ...section('best', best, path !== null), ...section('worst', worst, path !== null)].join('\n');
}

function section(side: string, rows: readonly InterpretedRow[], withValues: boolean): string[] {
  const values = (label: string, prediction: string): string =>
    withValues ? `  ${padRight(shorten(label, valueWidth - 3), valueWidth - 2)}${shorten(prediction, valueWidth)}` : '';
  return [
    `  ${side.padEnd(sideWidth - 2)}${'row'.padStart(rowWidth)}${'loss'.padStart(lossWidth)}${values('label', 'prediction')}`,
    ...rows.map(
      (row) =>
        `${String(row.rank)
          .padStart(sideWidth - 2)
          .padEnd(sideWidth)}${String(row.row).padStart(rowWidth)}` +
        `${formatNumber(row.loss).padStart(lossWidth)}${values(valueText(row.label), valueText(row.prediction))}`,
    ),
  ].map((line) => line.trimEnd());
}

/** `true`, `red`, `12.3000`, `{"red":true}`: short enough to stand in a column. */
function valueText(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatNumber(value);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
