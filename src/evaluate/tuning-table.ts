/** @file What tuning found, as data and as a table. */
import { listed } from '../errors.js';
import { type Note, note } from '../notes.js';
import { type OptionsOf, oneOf, readOptions, withDefault } from '../options.js';
import type { Thresholds } from '../score/scores.js';
import { padRight, shorten, shortenAll, visible, wrap } from '../text.js';
import { formatNumber, terminalColumns } from './text-table.js';

/** One decision: a binary task, or one class of a multilabel. */
export interface TunedDecision {
  readonly task_path: string;
  /** Null for a task with a single decision. */
  readonly decision: string | null;
  readonly metric_name: string;
  readonly threshold_before: number;
  readonly threshold_after: number;
  /** The metric on the tuning rows; null without rows. */
  readonly metric_before: number | null;
  readonly metric_after: number | null;
  readonly num_samples: number;
  /** What a reader should know, such as why a threshold was kept; else null. */
  readonly note: string | null;
}

/** What a row says of a decision without rows. */
export const NO_ROWS = 'kept: no row has a label here and a true condition';

export interface TuningPrintOptions {
  /** `few`: of a task with more than 10 decisions, the 10 that gained most. Default `few`; what is left out is counted. */
  readonly classes?: 'few' | 'all';
}

const printSchema = { classes: withDefault(oneOf(['few', 'all']), 'few') };

export interface Tuning {
  /** In flow order, then in the order of the task's decisions. */
  readonly rows: readonly TunedDecision[];
  /** By task path: the new thresholds, those that were kept included. */
  readonly thresholds: Thresholds;
  readonly notes: readonly Note[];
  /**
   * The table, at most 80 columns wide.
   *
   * @throws HeadgateError `INVALID_OPTIONS`
   */
  readonly toString: (options?: TuningPrintOptions) => string;
  readonly print: (options?: TuningPrintOptions) => void;
  /** Copies of the rows. */
  readonly toRecords: () => TunedDecision[];
}

export function tuningTable(decisions: readonly TunedDecision[]): Tuning {
  const rows = Object.freeze(decisions.map((row) => Object.freeze(row)));
  const thresholds = new Map<string, readonly number[]>();
  for (const { task_path, threshold_after } of rows) {
    thresholds.set(task_path, Object.freeze([...(thresholds.get(task_path) ?? []), threshold_after]));
  }
  const text = (options: TuningPrintOptions = {}): string =>
    render(rows, readOptions('tuning.print', printSchema, options));
  return Object.freeze<Tuning>({
    rows,
    thresholds,
    notes: Object.freeze(notesOf(rows)),
    toString: text,
    print: (options) => console.log(text(options)),
    toRecords: () => rows.map((row) => ({ ...row })),
  });
}

/**
 * One note for what is said of some thresholds of a task. That a task has no rows at all is said of its labels, which is
 * where it can be mended.
 */
function notesOf(rows: readonly TunedDecision[]): Note[] {
  return [...new Set(rows.map((row) => row.task_path))].flatMap((path) => {
    const own = rows.filter((row) => row.task_path === path);
    if (own.every((row) => row.note === NO_ROWS)) return [];
    const texts = new Set(own.flatMap((row) => row.note ?? []));
    return [...texts].map((text) => {
      const decisions = own.flatMap((row) => (row.note === text && row.decision !== null ? row.decision : []));
      const which = decisions.length === 0 ? 'Its threshold' : `The thresholds of ${listed(decisions)}`;
      return note('UNSURE_THRESHOLD', path, `${which}: ${text}.`);
    });
  });
}

const numberWidth = 10;
const countWidth = 7;
const nameWidth = terminalColumns - 4 * numberWidth - countWidth;

/** Decisions of one task that are shown without being asked for. */
const FEW_DECISIONS = 10;

function render(rows: readonly TunedDecision[], { classes }: OptionsOf<typeof printSchema>): string {
  if (rows.length === 0) return 'No task of this flow has a threshold.';
  const lines = [
    `${''.padEnd(nameWidth)}${'threshold'.padStart(2 * numberWidth)}${'metric'.padStart(2 * numberWidth)}`,
    `${''.padEnd(nameWidth)}${right(['before', 'after', 'before', 'after'])}${'rows'.padStart(countWidth)}`,
  ];
  for (const path of new Set(rows.map((row) => row.task_path))) {
    const own = rows.filter((row) => row.task_path === path);
    const shown = classes === 'all' || own.length <= FEW_DECISIONS ? own : greatestGains(own);
    lines.push(shorten(`${path}: ${shown[0]?.metric_name ?? ''}`, terminalColumns), ...decisionLines(shown));
    if (shown.length < own.length) {
      lines.push(`  … ${own.length - shown.length} more decisions: print({ classes: 'all' })`);
    }
  }
  return lines.join('\n');
}

const right = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(numberWidth)).join('');

function decisionLines(rows: readonly TunedDecision[]): readonly string[] {
  const names = shortenAll(
    rows.map((row) => row.decision ?? 'threshold'),
    nameWidth - 3,
  );
  return rows.flatMap((row, i) => {
    const numbers = [row.threshold_before, row.threshold_after, row.metric_before, row.metric_after].map(formatNumber);
    const name = padRight(`  ${names[i]}`, nameWidth);
    const line = `${name}${right(numbers)}${String(row.num_samples).padStart(countWidth)}`;
    return row.note === null ? [line] : [line, ...wrap(`    ${visible(row.note)}`, terminalColumns, '    ')];
  });
}

/** In the order of the decisions. */
function greatestGains(rows: readonly TunedDecision[]): readonly TunedDecision[] {
  const gain = (row: TunedDecision): number =>
    row.metric_after === null || row.metric_before === null ? -1 : row.metric_after - row.metric_before;
  const chosen = new Set([...rows].sort((a, b) => gain(b) - gain(a)).slice(0, FEW_DECISIONS));
  return rows.filter((row) => chosen.has(row));
}
