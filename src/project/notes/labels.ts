/** @file Notes about labels from which a task learns nothing, or the wrong thing. Each looks once at the label matrix. */
import type { Dataset } from '../../data/dataset.js';
import { inputColumns } from '../../data/inputs.js';
import { labelColumn } from '../../data/labels.js';
import type { Table } from '../../data/table.js';
import { listed } from '../../errors.js';
import { labelTruths } from '../../evaluate/gates.js';
import { instancesOf } from '../../evaluate/rows-view.js';
import { predicatesIn } from '../../flow/conditions.js';
import { UNKNOWN } from '../../flow/truth.js';
import { type Note, note } from '../../notes.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';

/** A task whose answer the network is shown. */
export function labelIsInput(table: Table, layout: Layout): readonly Note[] {
  const inputs = inputColumns(layout.flow.graph.inputs);
  return layout.slots.flatMap((slot) => {
    const column = labelColumn(table, slot);
    if (column === undefined || !inputs.has(column)) return [];
    const text = `The column "${column}" is an input of the network and holds this task's labels: it will be read off, not learnt.`;
    return note('LABEL_IS_INPUT', slot.task.path, text);
  });
}

/** A task that is labelled and never counts, with the reason. */
export function noLabelCounts(dataset: Dataset): readonly Note[] {
  const { layout, labels, mask } = dataset;
  const silent = layout.slots.filter((slot) => some(slot, dataset, labels.present) && !some(slot, dataset, mask));
  if (silent.length === 0) return [];
  const truths = labelTruths(layout, labels);
  return silent.map((slot) => {
    let labelled = 0;
    let unknown = 0;
    for (const instance of instancesOf(slot, dataset, labels.present)) {
      const row = Math.floor(instance / slot.positions);
      labelled++;
      if (truths[row * layout.answers + slot.answer + (instance % slot.positions)] === UNKNOWN) unknown++;
    }
    const asked = new Set(predicatesIn(slot.task.condition).map(({ path }) => path));
    const unlabelled = [...asked].filter((path) => !some(layout.slot(path), dataset, labels.present));
    const why =
      unlabelled.length === 0 ? '' : `; there are no labels of ${listed(unlabelled)}, which its condition asks about`;
    const text =
      `None of its ${labelled} labels counts, so it learns nothing and its metrics say nothing: on these rows its ` +
      `condition is unknown ${unknown} times and false ${labelled - unknown} times${why}.`;
    return note('NO_LABEL_COUNTS', slot.task.path, text);
  });
}

/** Classes of which there is no counted label: the network learns that there is no such class. */
export function classesThatNeverOccur(dataset: Dataset): readonly Note[] {
  return dataset.layout.slots.flatMap((slot) => {
    const { classes } = slot.task.kind;
    if (classes === undefined) return [];
    const seen = new Set<number>();
    eachCounted(slot, dataset, (value, element) => {
      if (slot.width === 1 && classes.length > 1) seen.add(value);
      else if (value === 1) seen.add(element);
    });
    const never = classes.filter((_, i) => !seen.has(i));
    if (never.length === 0 || never.length === classes.length) return [];
    const text = `${never.length} of its ${classes.length} classes never occur in the labels that count: ${listed(never)}.`;
    return note('CLASS_NEVER_OCCURS', slot.task.path, text);
  });
}

/** A task with one answer only. */
export function labelsAllEqual(dataset: Dataset): readonly Note[] {
  return dataset.layout.slots.flatMap((slot) => {
    const seen = new Map<number, number>();
    let counted = 0;
    let differs = false;
    eachCounted(slot, dataset, (value, element) => {
      counted++;
      differs ||= (seen.get(element) ?? value) !== value;
      seen.set(element, value);
    });
    if (differs || counted < 2 * slot.width) return [];
    const encoded = Float64Array.from({ length: slot.width }, (_, element) => seen.get(element) ?? 0);
    const value = JSON.stringify(slot.task.kind.value(encoded, 0));
    return note(
      'LABELS_ALL_EQUAL',
      slot.task.path,
      `All its labels that count say ${value}: there is nothing to tell apart.`,
    );
  });
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
