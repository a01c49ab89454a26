/**
 * @file Notes about labels from which a task learns nothing, or the wrong thing. Each looks once at the label matrix, whole
 * or in pieces.
 */
import type { OnlyTasks } from '../../data/bind.js';
import type { Dataset } from '../../data/dataset.js';
import { inputColumns } from '../../data/inputs.js';
import { labelColumn } from '../../data/labels.js';
import { listed } from '../../errors.js';
import { labelTruths } from '../../evaluate/gates.js';
import { withoutMissing } from '../../evaluate/interpret.js';
import { instancesOf } from '../../evaluate/rows-view.js';
import { predicatesIn } from '../../flow/conditions.js';
import { UNKNOWN } from '../../flow/truth.js';
import { note } from '../../notes.js';
import { type Layout, labelStart, type TaskSlot } from '../../tasks/layout.js';
import { labelFromInput } from './label-from-input.js';
import type { LabelWatch } from './label-watch.js';

/**
 * What should be known of the rows that a network is trained on.
 *
 * @param only the tasks whose labels count; of the others, which rest, nothing is said
 */
export function watchTraining(layout: Layout, only: OnlyTasks): LabelWatch {
  const resting = new Set(
    layout.slots.flatMap(({ task }, index) => (only === null || only.has(index) ? [] : [task.path])),
  );
  const watches = [labelIsInput, labelFromInput, noLabelCounts, classesThatNeverOccur, labelsAllEqual].map((start) =>
    start(layout),
  );
  return {
    see: (dataset, table) => {
      for (const { see } of watches) see(dataset, table);
    },
    notes: () => watches.flatMap(({ notes }) => notes()).filter(({ path }) => !resting.has(path)),
  };
}

/** A task whose answer the network is shown. */
function labelIsInput(layout: Layout): LabelWatch {
  const inputs = inputColumns(layout.flow.graph.inputs);
  const found = new Map<TaskSlot, string>();
  return {
    see: (_, table) => {
      for (const slot of layout.slots) {
        const column = labelColumn(table, slot);
        if (column !== undefined && inputs.has(column)) found.set(slot, column);
      }
    },
    notes: () =>
      layout.slots.flatMap((slot) => {
        const column = found.get(slot);
        if (column === undefined) return [];
        const text = `The column "${column}" is an input of the network and holds this task's labels: it will be read off, not learnt.`;
        return note('LABEL_IS_INPUT', slot.task.path, text);
      }),
  };
}

/** A task that is labelled and never counts, with the reason. */
export function noLabelCounts(layout: Layout): LabelWatch {
  const tallies = new Map(layout.slots.map((slot) => [slot, startTally()]));
  const tallyOf = (slot: TaskSlot) => tallies.get(slot) as Tally; // of all
  return {
    see: (dataset) => {
      for (const slot of layout.slots) tallyOf(slot).counts ||= some(slot, dataset, dataset.mask);
      const silent = layout.slots.filter(
        (slot) => !tallyOf(slot).counts && some(slot, dataset, dataset.labels.present),
      );
      if (silent.length === 0) return;
      const truths = labelTruths(layout, dataset);
      for (const slot of silent) {
        const tally = tallyOf(slot);
        tally.neverKnown ??= askedOnTheWay(layout, slot); // of silent tasks only: ways may be long
        for (const instance of instancesOf(slot, dataset, dataset.labels.present)) {
          const row = Math.floor(instance / slot.positions);
          tally.labelled++;
          const position = instance % slot.positions;
          if (truths[row * layout.answers + slot.answer + position] === UNKNOWN) tally.unknown++;
          for (const asked of tally.neverKnown) {
            if (isKnown(asked, dataset, row, position)) tally.neverKnown.delete(asked);
          }
        }
      }
    },
    notes: () =>
      layout.slots.flatMap((slot) => {
        const tally = tallyOf(slot);
        const { counts, labelled, unknown } = tally;
        if (counts || labelled === 0) return [];
        const asked = unknown === 0 ? [] : [...(tally.neverKnown ?? [])]; // else no missing label decides; a silent one has them
        const unlabelled = asked.filter((one) => !isLabelled(tallyOf(one))).map(({ task }) => task.path);
        const elsewhere = asked.filter((one) => isLabelled(tallyOf(one))).map(({ task }) => task.path);
        const text =
          `None of its ${labelled} labels counts, so it learns nothing and its metrics say nothing: on these rows its ` +
          `condition is unknown ${unknown} times and false ${labelled - unknown} times` +
          `${elsewhere.length === 0 ? '' : `; ${listed(elsewhere)} ${elsewhere.length === 1 ? 'is' : 'are'} never known there`}` +
          `${unlabelled.length === 0 ? '' : `; there are no labels of ${listed(unlabelled)}, which its condition asks about`}.` +
          `${unknown === 0 ? '' : ` Where it is unknown, labels count with given(…, { whenUnknown: "include" }).`}`;
        return note('NO_LABEL_COUNTS', slot.task.path, text);
      }),
  };
}

interface Tally {
  counts: boolean;
  labelled: number;
  unknown: number;
  /** Tasks asked about on the way to it that are labelled on none of the rows on which it is; null until it is silent. */
  neverKnown: Set<TaskSlot> | null;
}

const startTally = (): Tally => ({ counts: false, labelled: 0, unknown: 0, neverKnown: null });

/** Those that its condition asks about, those that theirs do, and so on: an answer is unknown where its task may not apply. */
function askedOnTheWay({ slot: slotAt }: Layout, { task }: TaskSlot): Set<TaskSlot> {
  const asked = new Set(predicatesIn(task.condition).map(({ path }) => slotAt(path)));
  for (const { task: next } of asked) for (const { path } of predicatesIn(next.condition)) asked.add(slotAt(path)); // it grows
  return asked;
}

/** Whether a label of a task is there, or an element of it, at a position of a row. */
function isKnown(slot: TaskSlot, { layout, labels }: Dataset, row: number, position: number): boolean {
  const start = labelStart(layout, slot, row * slot.positions + (slot.positions === 1 ? 0 : position));
  return labels.present.subarray(start, start + slot.width).includes(1);
}

/** A task that counts is labelled, also where nobody counted its labels. */
const isLabelled = ({ counts, labelled }: { readonly counts: boolean; readonly labelled: number }): boolean =>
  counts || labelled > 0;

/** Classes of which there is no counted label: the network learns that there is no such class. */
function classesThatNeverOccur(layout: Layout): LabelWatch {
  const slots = layout.slots.filter(({ task }) => task.kind.classes !== undefined && task.kind.hides === undefined);
  const seen = new Map(slots.map((slot) => [slot, new Set<number>()]));
  return {
    see: (dataset) => {
      for (const [slot, own] of seen) {
        const isIndex = slot.width === 1 && (slot.task.kind.classes?.length ?? 0) > 1;
        eachCounted(slot, dataset, (value, element) => {
          if (isIndex) own.add(value);
          else if (value === 1) own.add(element);
        });
      }
    },
    notes: () =>
      [...seen].flatMap(([slot, own]) => {
        const classes = slot.task.kind.classes ?? []; // these have some
        const never = classes.filter((_, i) => !own.has(i));
        if (never.length === 0 || never.length === classes.length) return [];
        const text = `${never.length} of its ${classes.length} classes never occur in the labels that count: ${listed(never)}.`;
        return note('CLASS_NEVER_OCCURS', slot.task.path, text);
      }),
  };
}

/** A task with one answer only. */
function labelsAllEqual(layout: Layout): LabelWatch {
  const tallies = layout.slots.map((slot) => ({ slot, seen: new Map<number, number>(), counted: 0, differs: false }));
  return {
    see: (dataset) => {
      for (const tally of tallies) {
        if (tally.differs) continue;
        eachCounted(tally.slot, dataset, (value, element) => {
          tally.counted++;
          tally.differs ||= (tally.seen.get(element) ?? value) !== value;
          tally.seen.set(element, value);
        });
      }
    },
    notes: () =>
      tallies.flatMap(({ slot, seen, counted, differs }) => {
        if (differs || counted < 2 * slot.width) return [];
        const present = Uint8Array.from({ length: slot.width }, (_, element) => (seen.has(element) ? 1 : 0));
        const encoded = Float64Array.from(present, (_, element) => seen.get(element) ?? 0); // 0: how a missing one reads
        const { kind } = slot.task;
        const label = kind.value(encoded, 0);
        const known = present.includes(0) ? withoutMissing(label, kind.value, encoded, present, 0) : label;
        const value = JSON.stringify(known);
        const text = `All its labels that count say ${value}: there is nothing to tell apart.`;
        return note('LABELS_ALL_EQUAL', slot.task.path, text);
      }),
  };
}

function some({ offset, columns }: TaskSlot, { rows, layout }: Dataset, marks: Uint8Array): boolean {
  for (let row = 0; row < rows; row++) {
    const start = row * layout.width + offset;
    for (let i = start; i < start + columns; i++) if (marks[i] === 1) return true;
  }
  return false;
}

function eachCounted(
  { offset, width, columns }: TaskSlot,
  { rows, layout, labels, mask }: Dataset,
  see: (value: number, element: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * layout.width + offset + column;
      if (mask[at] === 1) see(labels.values[at] as number, column % width);
    }
  }
}
