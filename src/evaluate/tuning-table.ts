/** @file What tuning found, as data and as a table. */
import type { Note } from '../notes.js';
import type { Thresholds } from '../score/scores.js';
import { formatNumber, shorten, terminalColumns } from './text-table.js';

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

export interface Tuning {
  /** In flow order, then in the order of the task's decisions. */
  readonly rows: readonly TunedDecision[];
  /** By task path: the new thresholds, those that were kept included. */
  readonly thresholds: Thresholds;
  readonly notes: readonly Note[];
  /** The table, at most 80 columns wide. */
  readonly toString: () => string;
  readonly print: () => void;
  /** Copies of the rows. */
  readonly toRecords: () => TunedDecision[];
}

export function tuningTable(decisions: readonly TunedDecision[]): Tuning {
  const rows = Object.freeze(decisions.map((row) => Object.freeze(row)));
  const thresholds = new Map<string, readonly number[]>();
  for (const { task_path, threshold_after } of rows) {
    thresholds.set(task_path, Object.freeze([...(thresholds.get(task_path) ?? []), threshold_after]));
  }
  return Object.freeze<Tuning>({
    rows,
    thresholds,
    notes: [],
    toString: () => render(rows),
    print: () => console.log(render(rows)),
    toRecords: () => rows.map((row) => ({ ...row })),
  });
}

const numberWidth = 10;
const countWidth = 7;
const nameWidth = terminalColumns - 4 * numberWidth - countWidth;

function render(rows: readonly TunedDecision[]): string {
  if (rows.length === 0) return 'No task of this flow has a threshold.';
  const right = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(numberWidth)).join('');
  const lines = [
    `${''.padEnd(nameWidth)}${'threshold'.padStart(2 * numberWidth)}${'metric'.padStart(2 * numberWidth)}`,
    `${''.padEnd(nameWidth)}${right(['before', 'after', 'before', 'after'])}${'rows'.padStart(countWidth)}`,
  ];
  let task: string | undefined;
  for (const row of rows) {
    if (row.task_path !== task) lines.push(shorten(`${row.task_path}: ${row.metric_name}`, terminalColumns, 'end'));
    task = row.task_path;
    const numbers = [row.threshold_before, row.threshold_after, row.metric_before, row.metric_after].map(formatNumber);
    const name = `  ${shorten(row.decision ?? 'threshold', nameWidth - 3)}`.padEnd(nameWidth);
    lines.push(`${name}${right(numbers)}${String(row.num_samples).padStart(countWidth)}`);
    if (row.note) lines.push(`    ${row.note}`);
  }
  return lines.join('\n');
}
