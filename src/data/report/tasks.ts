/** @file How many labels each task has along the flow, and how many of them count. */
import type { InputSpec } from '../../flow/graph.js';
import { printCondition } from '../../flow/print.js';
import { knownTruths, TRUE, UNKNOWN } from '../../flow/truth.js';
import { type Layout, labelStart, type TaskSlot } from '../../tasks/layout.js';
import { truthOf } from '../bind.js';
import type { LabelMatrix, Truth } from '../dataset.js';
import { hiddenInputs } from '../hiding/hidden-inputs.js';
import { writeTokenLabels } from '../hiding/hide.js';
import { readTokens } from '../hiding/read-tokens.js';
import { encodeColumn, labelColumn } from '../labels.js';
import { thereOf } from '../ragged/positions.js';
import { sourcePath } from '../row-path.js';
import type { Table } from '../table.js';
import { type Balance, startBalance } from './balance.js';
import { type Refusal, startRefusals } from './refusals.js';
import { type RowPositions, rowPositions } from './row-positions.js';

/** Counts are of rows; of a task along an axis, of positions that rows have. */
export interface DescribedLabels {
  readonly path: string;
  /** The kind's name. */
  readonly kind: string;
  /** The column that its labels are read from; null where there is none. */
  readonly column: string | null;
  /** Its full condition, those of the flows around it included; null where it always applies. */
  readonly condition: string | null;
  /** Whether labels count on rows where a part of the condition is not known: `whenUnknown: 'include'`. */
  readonly includesUnknown: boolean;
  /** What the labels say of the condition: on how many it is true, false whatever the missing labels are, or not known. */
  readonly applies: { readonly yes: number; readonly no: number; readonly unknown: number };
  /** On how many a label is there, or an element of one. */
  readonly labelled: number;
  /** On how many a label is there and counts: it is learnt from. */
  readonly trainable: number;
  /** On how many a label is there and does not count, since the condition is false or not known. */
  readonly withheld: { readonly no: number; readonly unknown: number };
  /** Cells that `fit` would refuse; here they count as missing. */
  readonly refused: readonly Refusal[];
  /** Of the labels that count. */
  readonly balance: Balance;
}

export interface LabelsFold {
  /** @returns what the labels say of these rows */
  readonly see: (table: Table, ids: Uint32Array) => Truth;
  /** In flow order. */
  readonly result: () => readonly DescribedLabels[];
}

export function startLabels(layout: Layout): LabelsFold {
  const specs = layout.flow.graph.inputs;
  const hidden = new Map(
    hiddenInputs(layout).flatMap(({ input, slots }) => slots.map((slot) => [slot, input] as const)),
  );
  const folds = layout.slots.map((slot) => startTask(slot, hidden.get(slot) ?? null)); // most hide nothing
  return {
    see: (table, ids) => {
      const length = table.rows * layout.width;
      const values = new Float64Array(length);
      const labels = { rows: table.rows, width: layout.width, values, present: new Uint8Array(length) };
      const reach = rowPositions(layout, table);
      const { positions } = reach;
      for (const fold of folds) fold.read(table, ids, labels, reach);
      writeTokenLabels(layout, (name) => readTokens(table, name, specs[name] as InputSpec), labels); // a declared input
      const offsetOf = (path: string): number => layout.slot(path).offset;
      const truth = truthOf(labels, layout, ids, { positions });
      const truths = knownTruths(layout.flow, { ...labels, offsetOf, thereOf: thereOf(positions) });
      for (const fold of folds) fold.count(truth, truths);
      return truth;
    },
    result: () => Object.freeze(folds.map((fold) => fold.result())),
  };
}

/** @param tokensOf the input whose tokens are the labels; null for labels of a column */
function startTask(slot: TaskSlot, tokensOf: string | null) {
  const { task } = slot;
  const refusals = startRefusals();
  const balance = startBalance(slot);
  const applies = { yes: 0, no: 0, unknown: 0 };
  const withheld = { no: 0, unknown: 0 };
  let [labelled, trainable] = [0, 0];
  let column: string | null = tokensOf;
  return {
    read: (table: Table, ids: Uint32Array, labels: LabelMatrix, { positions, known }: RowPositions): void => {
      if (tokensOf !== null) return;
      const name = labelColumn(table, slot);
      if (name === undefined) return;
      column = name;
      const onRefused = (error: Parameters<typeof refusals.add>[0], row: number) =>
        refusals.add(error, ids[row] as number); // one for each row
      const extents = positions?.(task.path)?.extents ?? null;
      const all = table.column(name);
      // what a row does not have, no label is asked of: the report has refused its input
      const own =
        extents === null ? all : { ...all, present: all.present.map((isThere, row) => isThere & (known[row] ?? 0)) };
      encodeColumn(own, name, slot, labels, { path: sourcePath(ids), extents, onRefused });
    },
    count: (truth: Truth, truths: Uint8Array): void => {
      balance.see(truth);
      const { rows, layout, labels, mask, positions } = truth;
      const there = positions?.(task.path)?.there ?? null;
      for (let instance = 0; instance < rows * slot.positions; instance++) {
        if (there !== null && there[instance] === 0) continue;
        const row = Math.floor(instance / slot.positions);
        const known = truths[row * layout.answers + slot.answer + (instance % slot.positions)];
        applies[known === TRUE ? 'yes' : known === UNKNOWN ? 'unknown' : 'no']++;
        const start = labelStart(layout, slot, instance);
        if (!labels.present.subarray(start, start + slot.width).includes(1)) continue;
        labelled++;
        if (mask.subarray(start, start + slot.width).includes(1)) trainable++;
        else withheld[known === UNKNOWN ? 'unknown' : 'no']++;
      }
    },
    result: (): DescribedLabels =>
      Object.freeze({
        path: task.path,
        kind: task.kind.kind,
        column,
        condition: task.condition === null ? null : printCondition(task.condition),
        includesUnknown: task.gates.some(({ whenUnknown }) => whenUnknown === 'include'),
        applies: Object.freeze({ ...applies }),
        labelled,
        trainable,
        withheld: Object.freeze({ ...withheld }),
        refused: refusals.result(),
        balance: balance.result(),
      }),
  };
}
