/** @file What a terminal shows of single tasks while a fit runs: a line for each of the worst. */
import { columnsOf, padLeft, padRight, shorten, shortenAll } from '../../text.js';
import { digits, type EpochRecord } from '../history.js';
import { andMore, worst } from './worst.js';

/** Task lines at a time; also on a high terminal, as the reader's eye takes in no more. */
export const MOST_LINES = 8;
const INDENT = '  ';
const LEAST_NAME = 12;
const NUMBER = 9;

export interface TaskLines {
  /** A new epoch: the lines are chosen anew, by the record of the epoch before it. */
  readonly begin: () => void;
  readonly record: (record: EpochRecord) => void;
  /**
   * @param loss of a task in the epoch so far
   * @returns lines of at most `columns` - 1 columns, at most `most`
   */
  readonly lines: (loss: (path: string) => number | null, columns: number, most: number) => readonly string[];
}

/**
 * The tasks that are shown stay the same through an epoch, in flow order: lines that changed places could not be read.
 * Only their losses are asked for, whatever number of tasks there is; but once an epoch those of all.
 */
export function createTaskLines(paths: readonly string[]): TaskLines {
  let before: EpochRecord | null = null;
  let chosen: { readonly most: number; readonly paths: readonly string[] } | null = null;
  const choose = (loss: (path: string) => number | null, most: number): readonly string[] => {
    if (chosen?.most === most) return chosen.paths;
    const record = before;
    const known =
      record === null ? loss : (path: string) => record.validation?.tasks[path] ?? record.tasks[path] ?? null;
    chosen = { most, paths: worst(paths, most, known) };
    return chosen.paths;
  };
  return {
    begin: () => {
      chosen = null;
    },
    record: (record) => {
      before = record;
    },
    lines: (loss, columns, most) => {
      const isFolded = paths.length > Math.min(MOST_LINES, most);
      const count = Math.min(MOST_LINES, most) - (isFolded ? 1 : 0);
      const width = columns - 1 - INDENT.length;
      if (count < 1 || width < NUMBER + 6) return []; // there is no room for a name and its loss
      const shown = choose(loss, count);
      const rows = shown.map((path) => ({
        path,
        loss: loss(path),
        before: before?.tasks[path] ?? null,
        validation: before?.validation?.tasks[path] ?? null,
      }));
      const lines = rowsOf(rows, width, before);
      return isFolded ? [...lines, INDENT + shorten(andMore(paths.length - shown.length), width)] : lines;
    },
  };
}

interface TaskRow {
  readonly path: string;
  readonly loss: number | null;
  readonly before: number | null;
  readonly validation: number | null;
}

function rowsOf(rows: readonly TaskRow[], width: number, before: EpochRecord | null): string[] {
  const number = (value: number | null): string => padLeft(value === null ? '–' : digits(value), NUMBER);
  const numbers: ((row: TaskRow) => string)[] = [({ loss }) => number(loss)];
  if (before !== null) numbers.push((row) => `before ${number(row.before)}`);
  if (before !== null && before.validation !== null) numbers.push((row) => `validation ${number(row.validation)}`);
  const nothing = { path: '', loss: null, before: null, validation: null };
  const taken = (): number => numbers.reduce((sum, text) => sum + 2 + text(nothing).length, 0);
  while (numbers.length > 1 && width - taken() < LEAST_NAME) numbers.pop();
  const names = shortenAll(
    rows.map(({ path }) => path),
    width - taken(),
  );
  const longest = Math.max(0, ...names.map(columnsOf));
  return rows.map(
    (row, i) => INDENT + [padRight(names[i] ?? '', longest), ...numbers.map((text) => text(row))].join('  '),
  );
}
