/** @file What is left to be said when a fit is over: a table of its tasks. */
import { formatNumber, terminalColumns } from '../../evaluate/text-table.js';
import { columnsOf, padLeft, padRight, shorten, shortenAll } from '../../text.js';
import { digits, type EpochRecord, type History, type Validation } from '../history.js';
import { andMore, worst } from './worst.js';

export interface SummaryOptions {
  /** Names of at most two metrics, given the truth. Default: the first that each task has. */
  readonly metrics?: readonly string[] | undefined;
  /** Of the terminal, 80 at most are taken. */
  readonly columns?: number;
}

interface Column {
  readonly title: string;
  readonly cell: (path: string) => string;
  readonly alignment: 'left' | 'right';
}

/** More would leave no room for the names. */
export const MOST_METRICS = 2;
const MOST_TASKS = 20;
/** With the widest numbers there are, all columns still stand beside a name of this width. */
const LEAST_NAME = 7;
const WIDEST_METRIC = 24;
const NUMBER = 10;

/**
 * A line for each task, or for the 20 of the greatest losses: its training loss in the first and in the last epoch, its
 * best validation loss with its epoch, and metrics of the epoch that was kept, else of the last that was validated. Columns for
 * which a narrow terminal has no room are left out, from the right. Empty for a fit without a whole epoch.
 */
export function summaryLines(
  history: Pick<History, 'epochs' | 'kept'>,
  options: SummaryOptions = {},
): readonly string[] {
  const { epochs, kept } = history;
  const [first, last] = [epochs[0], epochs.at(-1)];
  if (first === undefined || last === undefined) return [];
  const width = Math.min(options.columns ?? terminalColumns, terminalColumns) - 1;
  const paths = Object.keys(last.tasks);
  const validated = epochs.filter(isValidated);
  const lastLoss = (path: string): number | null =>
    (validated.length > 0 ? validated.at(-1)?.validation.tasks[path] : last.tasks[path]) ?? null;
  const shown = worst(paths, MOST_TASKS, lastLoss);
  const of = validated.find(({ epoch }) => epoch === kept?.epoch) ?? validated.at(-1);
  const columns: readonly Column[] = [
    { title: 'first', alignment: 'right', cell: (path) => lossText(first.tasks[path]) },
    { title: 'last', alignment: 'right', cell: (path) => lossText(last.tasks[path]) },
    ...(of === undefined ? [] : [...bestColumns(validated), ...metricColumns(of, shown, options.metrics)]),
  ];
  const lines = table(shown, columns, width);
  return shown.length === paths.length ? lines : [...lines, shorten(andMore(paths.length - shown.length), width)];
}

type Validated = EpochRecord & { readonly validation: Validation };

const isValidated = (record: EpochRecord): record is Validated => record.validation !== null;

const lossText = (loss: number | null | undefined): string => (loss == null ? '–' : digits(loss));

function bestColumns(validated: readonly Validated[]): Column[] {
  const best = (path: string): { epoch: number; loss: number } | null => {
    let found: { epoch: number; loss: number } | null = null;
    for (const { epoch, validation } of validated) {
      const loss = validation.tasks[path] ?? null;
      if (loss !== null && (found === null || loss < found.loss)) found = { epoch, loss };
    }
    return found;
  };
  return [
    { title: 'validation', alignment: 'right', cell: (path) => lossText(best(path)?.loss) },
    { title: 'epoch', alignment: 'right', cell: (path) => String(best(path)?.epoch ?? '–') },
  ];
}

/** Those that were asked for, one a column; else one column in which each task says its own. */
function metricColumns(of: Validated, shown: readonly string[], asked: readonly string[] | undefined): Column[] {
  const metricsOf = (path: string): Readonly<Record<string, number | null>> => of.validation.metrics[path] ?? {};
  if (asked !== undefined) {
    return asked.map((name) => ({
      title: shorten(name, NUMBER),
      alignment: 'right',
      cell: (path) => formatNumber(metricsOf(path)[name] ?? null),
    }));
  }
  if (shown.every((path) => Object.keys(metricsOf(path)).length === 0)) return []; // nobody measured them
  const cell = (path: string): string => {
    const [metric] = Object.entries(metricsOf(path));
    if (metric === undefined) return '–';
    const value = formatNumber(metric[1]);
    return `${shorten(metric[0], WIDEST_METRIC - value.length - 1)} ${value}`;
  };
  return [{ title: `at epoch ${of.epoch}`, alignment: 'left', cell }];
}

function table(paths: readonly string[], all: readonly Column[], width: number): string[] {
  const columns = all.map(({ title, cell, alignment }) => {
    const texts = [title, ...paths.map(cell)];
    const widest = Math.max(...texts.map(columnsOf));
    const pad = alignment === 'left' ? padRight : padLeft;
    return { width: widest, texts: texts.map((text) => pad(text, widest)) };
  });
  const room = (): number => width - columns.reduce((sum, column) => sum + 2 + column.width, 0);
  while (columns.length > 0 && room() < LEAST_NAME) columns.pop();
  const names = ['task', ...shortenAll(paths, Math.max(1, room()))];
  const longest = Math.max(...names.map(columnsOf));
  return names.map((name, i) =>
    shorten(
      [padRight(name, longest), ...columns.map(({ texts }) => texts[i])].join('  ').trimEnd(),
      Math.max(1, width),
    ),
  );
}
