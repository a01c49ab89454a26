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
  /** The metric on the tuning rows, at either threshold; null without rows. */
  readonly metric_before: number | null;
  readonly metric_after: number | null;
  /** What the best threshold on the tuning rows gains on those same rows, which chose it; null without rows. */
  readonly gain: number | null;
  /**
   * What is left of the gain on rows that did not choose the threshold, and its standard error. Null where nothing was
   * cross-fitted: no gain, labels of one side only, method `exact`.
   */
  readonly cross_fitted_gain: number | null;
  readonly standard_error: number | null;
  /** Rows with a label and a true condition, and those of them whose label is positive. */
  readonly num_samples: number;
  readonly num_positives: number;
  readonly moved: boolean;
  /** Why the threshold moved or was kept. */
  readonly why: string;
}

/** Why a decision without rows is kept. */
export const NO_ROWS = 'no row has a label here and a true condition';

/** With fewer labels on one side the standard error of a recall is up to 0.09. */
const FEW_LABELS = 30;

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
 * where it can be mended; that a gain did not hold is said in the row: it is no slip of anybody's.
 */
function notesOf(rows: readonly TunedDecision[]): Note[] {
  return [...byTask(rows)].flatMap(([path, own]) => {
    if (own.every((row) => row.num_samples === 0 && row.why === `kept: ${NO_ROWS}`)) return [];
    const unsure = own.filter((row) => row.metric_before === null || isOneSided(row));
    const texts = new Set(unsure.map((row) => row.why));
    const notes = [...texts].map((text) =>
      note('UNSURE_THRESHOLD', path, `${namesOf(unsure.filter((row) => row.why === text))}: ${text}.`),
    );
    const few = own.filter((row) => fewerSide(row) > 0 && fewerSide(row) < FEW_LABELS);
    return few.length === 0 ? notes : [...notes, fewLabels(path, few)];
  });
}

const fewerSide = ({ num_positives, num_samples }: TunedDecision): number =>
  Math.min(num_positives, num_samples - num_positives);

const isOneSided = (row: TunedDecision): boolean => row.num_samples > 0 && fewerSide(row) === 0;

function namesOf(rows: readonly TunedDecision[]): string {
  const decisions = rows.flatMap(({ decision }) => (decision === null ? [] : decision));
  return decisions.length === 0 ? 'Its threshold' : `The thresholds of ${listed(decisions)}`;
}

function fewLabels(path: string, few: readonly TunedDecision[]): Note {
  const fewest = Math.min(...few.map(fewerSide));
  const text =
    `${namesOf(few)}: tuned on fewer than ${FEW_LABELS} positive or negative labels (${fewest} at the least), so that ` +
    'what is gained here may be chance.';
  return note('FEW_LABELS', path, text);
}

function byTask(rows: readonly TunedDecision[]): ReadonlyMap<string, readonly TunedDecision[]> {
  const tasks = new Map<string, TunedDecision[]>();
  for (const row of rows) {
    const own = tasks.get(row.task_path);
    if (own === undefined) tasks.set(row.task_path, [row]);
    else own.push(row);
  }
  return tasks;
}

const numberWidth = 9;
const countWidth = 7;
const nameWidth = terminalColumns - 6 * numberWidth - countWidth;

/** Decisions of one task that are shown without being asked for. */
const FEW_DECISIONS = 10;

function render(rows: readonly TunedDecision[], { classes }: OptionsOf<typeof printSchema>): string {
  if (rows.length === 0) return 'No task of this flow has a threshold.';
  const lines = [
    `${''.padEnd(nameWidth)}${['threshold', 'metric', 'gain on'].map((head) => head.padStart(2 * numberWidth)).join('')}`,
    `${''.padEnd(nameWidth)}${right(['before', 'after', 'before', 'after', 'these', 'others'])}${'rows'.padStart(countWidth)}`,
  ];
  for (const [path, own] of byTask(rows)) {
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
    const thresholds = [row.threshold_before, row.threshold_after];
    const metrics = [row.metric_before, row.metric_after, row.gain, row.cross_fitted_gain];
    const numbers = [...thresholds, ...metrics].map(formatNumber);
    const name = padRight(`  ${names[i]}`, nameWidth);
    const line = `${name}${right(numbers)}${String(row.num_samples).padStart(countWidth)}`;
    return isPlain(row) ? [line] : [line, ...wrap(`    ${visible(row.why)}`, terminalColumns, '    ')];
  });
}

/** The numbers say all: a threshold that moved on labels of both sides, or that none is better than. */
const isPlain = (row: TunedDecision): boolean =>
  row.metric_before !== null && !isOneSided(row) && (row.moved || row.gain === 0);

/** In the order of the decisions. */
function greatestGains(rows: readonly TunedDecision[]): readonly TunedDecision[] {
  const kept = (row: TunedDecision): number =>
    row.metric_after === null || row.metric_before === null ? -1 : row.metric_after - row.metric_before;
  const chosen = new Set([...rows].sort((a, b) => kept(b) - kept(a)).slice(0, FEW_DECISIONS));
  return rows.filter((row) => chosen.has(row));
}
