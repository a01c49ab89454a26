/** @file The rows on which a task, or the whole flow, does best and worst. */
import type { Dataset } from '../data/dataset.js';
import { HeadgateError, show } from '../errors.js';
import type { RowLosses, SampleLosses } from '../score/scores.js';
import type { TaskSlot } from '../tasks/layout.js';
import { type Interpretation, type InterpretedRow, interpretationTable } from './interpretation-table.js';
import { overallLosses } from './sample-losses.js';

export interface InterpretOptions {
  /** Rows of each kind, best and worst. Default 10. */
  readonly top?: number;
}

/**
 * Best and worst rows of each task and of all together, by their loss (`sampleLosses`, `overallLosses`); of equal
 * losses the earlier row is the better. Only rows that count take part, so a task with few has fewer. `decoded`: `[rows, layout.width]`.
 * Throws `INVALID_TOP`, and `INVALID_LOSSES` when losses and rows do not belong together.
 */
export function interpret(
  dataset: Dataset,
  losses: SampleLosses,
  decoded: Float64Array,
  { top = 10 }: InterpretOptions = {},
): Interpretation {
  if (!Number.isInteger(top) || top < 1) {
    throw new HeadgateError({
      code: 'INVALID_TOP',
      path: 'top',
      problem: 'The number of rows must be a whole number above zero.',
      received: show(top),
    });
  }
  const tasks = dataset.layout.slots.flatMap((slot) => {
    const own = losses.get(slot.task.path);
    return own ? extremes(slot, checked(own, slot.task.path, dataset), top, dataset, decoded) : [];
  });
  const overall = extremes(null, overallLosses(dataset, losses), top, dataset, decoded);
  const paths = dataset.layout.slots.map(({ task }) => task.path);
  return interpretationTable(paths, [...tasks, ...overall]);
}

function extremes(
  slot: TaskSlot | null,
  { rows, losses }: RowLosses,
  top: number,
  dataset: Dataset,
  decoded: Float64Array,
): readonly InterpretedRow[] {
  const order = [...rows.keys()].sort((a, b) => (losses[a] ?? 0) - (losses[b] ?? 0) || a - b);
  const row = (k: number, side: 'best' | 'worst', rank: number): InterpretedRow => ({
    task_path: slot?.task.path ?? null,
    side,
    rank: rank + 1,
    row: rows[k] ?? 0,
    loss: losses[k] ?? 0,
    ...(slot ? values(slot, rows[k] ?? 0, dataset, decoded) : { label: null, prediction: null }),
  });
  return [
    ...order.slice(0, top).map((k, rank) => row(k, 'best', rank)),
    ...order
      .slice(-top)
      .reverse()
      .map((k, rank) => row(k, 'worst', rank)),
  ];
}

function values(
  { task, offset, width }: TaskSlot,
  row: number,
  { layout, labels }: Dataset,
  decoded: Float64Array,
): { readonly label: unknown; readonly prediction: unknown } {
  const start = row * layout.width + offset;
  const label = task.kind.value(labels.values, start);
  const present = labels.present.subarray(start, start + width);
  return {
    label: present.includes(0) ? withoutMissing(label, task.kind.value, labels.values, present, start) : label,
    prediction: task.kind.value(decoded, start),
  };
}

/**
 * A label of which some elements are missing, and read as 0. What changes when they read as 1 is not known: null in a
 * record of elements; any other value is not known as a whole.
 */
function withoutMissing(
  label: unknown,
  value: (encoded: Float64Array, offset: number) => unknown,
  encoded: Float64Array,
  present: Uint8Array,
  start: number,
): unknown {
  const other = value(
    Float64Array.from(present, (here, i) => (here === 1 ? (encoded[start + i] ?? 0) : 1)),
    0,
  );
  if (typeof label !== 'object' || label === null || typeof other !== 'object' || other === null) return null;
  const others = new Map<string, unknown>(Object.entries(other));
  return Object.fromEntries(Object.entries(label).map(([key, own]) => [key, own === others.get(key) ? own : null]));
}

function checked(losses: RowLosses, path: string, dataset: Dataset): RowLosses {
  const outside = losses.rows.find((row) => row < 0 || row >= dataset.rows);
  if (losses.rows.length === losses.losses.length && outside === undefined) return losses;
  throw new HeadgateError({
    code: 'INVALID_LOSSES',
    path,
    problem: 'Losses and rows do not belong together.',
    expected: `one loss for each row, rows from 0 to ${dataset.rows - 1}`,
    received: outside === undefined ? `${losses.rows.length} rows, ${losses.losses.length} losses` : `row ${outside}`,
  });
}
