/** @file The rows on which a task, or the whole flow, does best and worst. */
import type { Truth } from '../data/dataset.js';
import { nestedList } from '../data/ragged/nested.js';
import { HeadgateError, show } from '../errors.js';
import { lossesOf, type ScoreFold } from '../score/fold.js';
import type { NetworkScores } from '../score/scorer.js';
import type { RowLosses, Thresholds } from '../score/scores.js';
import { type Layout, labelStart, type TaskSlot } from '../tasks/layout.js';
import { decode } from './decode.js';
import { type Interpretation, type InterpretedRow, interpretationTable } from './interpretation-table.js';
import { overallLosses, startSampleLosses } from './sample-losses.js';

export interface InterpretOptions {
  /** Rows of each kind, best and worst. Default 10. */
  readonly top?: number;
}

/**
 * Best and worst rows of each task and of all together, by their loss (`startSampleLosses`, `overallLosses`); of equal
 * losses the earlier row is the better. Only rows that count take part, so a task with few has fewer. What is kept is
 * one number a row and task, each row's number in its source, and labels and predictions of the rows that are shown. Throws `INVALID_TOP`.
 */
export function startInterpretation(
  layout: Layout,
  thresholds: Thresholds,
  { top = 10 }: InterpretOptions = {},
): ScoreFold<Interpretation> {
  if (!Number.isInteger(top) || top < 1) {
    throw new HeadgateError({
      code: 'INVALID_TOP',
      path: 'top',
      problem: 'The number of rows must be a whole number above zero.',
      received: show(top),
    });
  }
  const losses = startSampleLosses(layout);
  const ids: Uint32Array[] = [];
  const extremes = new Map(
    layout.slots.map((slot) => [slot, { best: new Extreme(top, 1), worst: new Extreme(top, -1) }]),
  );
  return {
    add: (truth, scores) => {
      const decoded = decode(layout, scores, thresholds, truth.ids);
      ids.push(truth.ids.slice());
      losses.add(truth, lossesOf(scores), (slot, { row, place, index, sum }) => {
        const own = extremes.get(slot) as { best: Extreme; worst: Extreme }; // made for every slot
        for (const extreme of [own.best, own.worst]) {
          if (extreme.takes(sum)) extreme.insert({ sum, place, index, ...values(slot, row, truth, decoded) });
        }
      });
    },
    result: () => {
      const bySlot = losses.result();
      const idOf = idsOf(ids);
      const rows = layout.slots.flatMap((slot) => {
        const own = bySlot.get(slot.task.path) as RowLosses; // of every slot
        const found = extremes.get(slot) as { best: Extreme; worst: Extreme };
        return (['best', 'worst'] as const).flatMap((side) =>
          found[side].candidates.map(
            ({ place, index, label, prediction }, rank): InterpretedRow => ({
              task_path: slot.task.path,
              side,
              rank: rank + 1,
              row: idOf(place),
              loss: own.losses[index] as number, // a candidate is one of the rows that count
              label,
              prediction,
            }),
          ),
        );
      });
      const overall = overallRows(overallLosses(layout, losses.rows(), bySlot), top, idOf);
      const tasks = layout.slots.map(({ task, neverTrained }) => ({ path: task.path, neverTrained }));
      return interpretationTable(tasks, [...rows, ...overall]);
    },
  };
}

/** As `startInterpretation`, for rows that are all there. The scores need their losses. */
export function interpret(
  truth: Truth,
  scores: NetworkScores,
  thresholds: Thresholds,
  options: InterpretOptions = {},
): Interpretation {
  const interpretation = startInterpretation(truth.layout, thresholds, options);
  interpretation.add(truth, scores);
  return interpretation.result();
}

/** The number in the source of each row, by its place among all rows. */
function idsOf(chunks: readonly Uint32Array[]): (place: number) => number {
  const ids = new Uint32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const chunk of chunks) {
    ids.set(chunk, start);
    start += chunk.length;
  }
  return (place) => ids[place] as number; // one for each row
}

interface Candidate {
  readonly sum: number;
  readonly place: number;
  /** Among the rows that count. */
  readonly index: number;
  readonly label: unknown;
  readonly prediction: unknown;
}

/**
 * The rows of least loss (`sign` 1) or of greatest (-1), in that order; of equal losses, the earlier or the later row.
 * Rows come in their order.
 */
class Extreme {
  readonly candidates: Candidate[] = [];
  private readonly top: number;
  private readonly sign: 1 | -1;

  constructor(top: number, sign: 1 | -1) {
    this.top = top;
    this.sign = sign;
  }

  takes(sum: number): boolean {
    const last = this.candidates[this.top - 1];
    return last === undefined || this.before(sum, last);
  }

  insert(candidate: Candidate): void {
    const at = this.candidates.findIndex((other) => this.before(candidate.sum, other));
    this.candidates.splice(at < 0 ? this.candidates.length : at, 0, candidate);
    if (this.candidates.length > this.top) this.candidates.pop();
  }

  /** Whether a row that comes now stands before an earlier one. */
  private before(sum: number, other: Candidate): boolean {
    return this.sign < 0 ? sum >= other.sum : sum < other.sum;
  }
}

function overallRows(
  { rows, losses }: RowLosses,
  top: number,
  idOf: (place: number) => number,
): readonly InterpretedRow[] {
  const order = [...rows.keys()].sort((a, b) => (losses[a] as number) - (losses[b] as number) || a - b);
  const row =
    (side: 'best' | 'worst') =>
    (k: number, rank: number): InterpretedRow => ({
      task_path: null,
      side,
      rank: rank + 1,
      row: idOf(rows[k] as number),
      loss: losses[k] as number,
      label: null,
      prediction: null,
    });
  return [...order.slice(0, top).map(row('best')), ...order.slice(-top).reverse().map(row('worst'))];
}

interface Values {
  readonly label: unknown;
  readonly prediction: unknown;
}

/** Of a row that counts; along an axis lists, with null at the positions that do not. */
function values(slot: TaskSlot, row: number, truth: Truth, decoded: Float64Array): Values {
  const { axis, shape, task } = slot;
  if (axis === null) return answer(slot, row, truth, decoded);
  const at = (instance: number): Values => {
    const start = labelStart(truth.layout, slot, instance);
    const counts = truth.mask.subarray(start, start + slot.width).includes(1);
    return counts ? answer(slot, instance, truth, decoded) : { label: null, prediction: null };
  };
  const extents = truth.positions?.(task.path)?.extents ?? null;
  const list = (part: keyof Values) => nestedList(row, shape, extents, (instance) => at(instance)[part]);
  return { label: list('label'), prediction: list('prediction') };
}

function answer(slot: TaskSlot, instance: number, { layout, labels }: Truth, decoded: Float64Array): Values {
  const { task, width } = slot;
  const start = labelStart(layout, slot, instance);
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
export function withoutMissing(
  label: unknown,
  value: (encoded: Float64Array, offset: number) => unknown,
  encoded: Float64Array,
  present: Uint8Array,
  start: number,
): unknown {
  const other = value(
    Float64Array.from(present, (here, i) => (here === 1 ? (encoded[start + i] as number) : 1)),
    0,
  );
  if (typeof label !== 'object' || label === null || typeof other !== 'object' || other === null) return null;
  const others = new Map<string, unknown>(Object.entries(other));
  return Object.fromEntries(Object.entries(label).map(([key, own]) => [key, own === others.get(key) ? own : null]));
}
