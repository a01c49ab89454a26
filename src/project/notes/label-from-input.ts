/**
 * @file A task whose labels one number of the inputs tells: often a column that is made of the answer, and that nobody knows
 * when the model is used. Looks at some thousand rows; every question stops at the first row that answers it with no.
 */
import { placesOf } from '../../data/columns/readers.js';
import type { Dataset } from '../../data/dataset.js';
import { labelColumn } from '../../data/labels.js';
import { listed } from '../../errors.js';
import type { FlowGraph, InputSpec } from '../../flow/graph.js';
import { type Note, note } from '../../notes.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';
import type { LabelWatch } from './label-watch.js';
import { classesOf, isAffine, type Told, tellsClasses } from './told-labels.js';

/** Rows that are looked at: evenly spread over a table's, the first of a source's. */
const MOST_ROWS = 4000;
/** Numbers that are kept for that: fewer rows of those that have many. */
const MOST_KEPT = 2 ** 22;

/** Fewer labels are told apart by chance: 10 of 50 in a row by one number, once in 10,272,278,170 times. */
const LEAST_LABELS = 50;

/** Inputs with more numbers a row are pictures or texts, of which no single number is a column. */
const MOST_NUMBERS = 1024;

/** Questions that are asked about one task: one of a thousand classes is looked at with as many numbers, and no more. */
const MOST_QUESTIONS = 2 ** 20;

/** Some rows of what the network reads and is to say, one list for each number. */
interface Sample {
  rows: number;
  readonly most: number;
  /** By the name that a user knows: a column, or the input's name and the place in it. */
  readonly inputs: Map<string, number[]>;
  /** By place in the label matrix; NaN where a label does not count. */
  readonly labels: Map<number, number[]>;
}

export interface LabelFromInput extends LabelWatch {
  /** Names of the numbers that tell the labels of a task: a column's, or that of a place in what it becomes. */
  readonly telling: (slot: TaskSlot) => ReadonlySet<string>;
}

export function labelFromInput(layout: Layout): LabelFromInput {
  const specs = layout.flow.graph.inputs;
  const slots = layout.slots.filter(({ axis }) => axis === null);
  const width = Object.entries(specs).reduce((sum, [input, spec]) => sum + numbersOf(input, spec).length, layout.width);
  const most = Math.min(MOST_ROWS, Math.floor(MOST_KEPT / width));
  const sample: Sample = { rows: 0, most, inputs: new Map(), labels: new Map() };
  const own = new Map<TaskSlot, string>();
  return {
    see: (dataset, table) => {
      if (sample.rows === sample.most) return;
      for (const slot of slots) {
        const column = labelColumn(table, slot);
        if (column !== undefined) own.set(slot, column);
      }
      take(sample, slots, dataset, specs);
    },
    notes: () => slots.flatMap((slot) => notesOf(slot, toldOf(slot, sample, own.get(slot)))),
    telling: (slot) => new Set([...toldOf(slot, sample, own.get(slot))].flatMap(([, { names }]) => [...names])),
  };
}

function take(sample: Sample, slots: readonly TaskSlot[], dataset: Dataset, specs: FlowGraph['inputs']): void {
  const room = Math.min(sample.most - sample.rows, dataset.rows);
  const rows = Array.from({ length: room }, (_, i) => Math.floor((i * dataset.rows) / room));
  sample.rows += room;
  for (const [input, { values }] of Object.entries(dataset.inputs)) {
    const names = numbersOf(input, specs[input]);
    for (const [place, name] of names.entries()) {
      const list = listOf(sample.inputs, name);
      for (const row of rows) list.push(values[row * names.length + place] as number); // a row has a number for each
    }
  }
  const { labels, mask, layout } = dataset;
  for (const { offset, width } of slots) {
    for (let element = offset; element < offset + width; element++) {
      const list = listOf(sample.labels, element);
      for (const row of rows) {
        const at = row * layout.width + element;
        list.push(mask[at] === 1 ? (labels.values[at] as number) : Number.NaN); // within the matrix
      }
    }
  }
}

/** Names of the numbers of one row; none of an input that is not looked at. */
function numbersOf(input: string, spec: InputSpec | undefined): readonly string[] {
  if (spec === undefined) return [];
  const size = spec.shape.reduce((product, axis) => product * axis, 1);
  if (size > MOST_NUMBERS) return [];
  if (spec.columnKinds !== undefined) return placesOf(input, spec);
  if (spec.columns !== null) return spec.columns;
  return size === 1 ? [input] : Array.from({ length: size }, (_, place) => `${input}[${place}]`);
}

function listOf<K>(lists: Map<K, number[]>, key: K): number[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** How its labels are told, and by which numbers, on how many rows at least. */
type ToldBy = ReadonlyMap<Told, { readonly names: ReadonlySet<string>; readonly least: number }>;

function toldOf(slot: TaskSlot, { inputs, labels }: Sample, own: string | undefined): ToldBy {
  if (slot.axis !== null || slot.width * inputs.size > MOST_QUESTIONS) return new Map();
  const told = new Map<Told, Set<string>>();
  let least = Number.POSITIVE_INFINITY;
  for (let element = slot.offset; element < slot.offset + slot.width; element++) {
    const all = labels.get(element) ?? [];
    const counted = all.flatMap((label, row) => (Number.isNaN(label) ? [] : row));
    if (counted.length < LEAST_LABELS) continue;
    const how = questionOf(slot, all, counted);
    for (const [name, values] of inputs) {
      const answer = name === own ? null : how(values); // that column has a note of its own
      if (answer === null) continue;
      least = Math.min(least, counted.length);
      const names = told.get(answer) ?? new Set();
      told.set(answer, names.add(name));
    }
  }
  return new Map([...told].map(([how, names]) => [how, { names, least }]));
}

function notesOf(slot: TaskSlot, told: ToldBy): readonly Note[] {
  return [...told].map(([how, { names, least }]) => {
    const text = `${SENTENCES[how](listed(names))}, on the ${least} rows that were looked at. Is it known when you predict? If not, take it out of the inputs.`;
    return note('LABEL_FROM_INPUT', slot.task.path, text);
  });
}

const SENTENCES: Readonly<Record<Told, (names: string) => string>> = {
  affine: (names) => `Its labels are those of ${names}, but for a factor and an offset`,
  apart: (names) => `Its labels follow from ${names} alone`,
  constant: (names) => `From its labels follows ${names}`,
};

/** What is asked of each number that the network reads. */
function questionOf(
  { task }: TaskSlot,
  labels: readonly number[],
  counted: readonly number[],
): (values: readonly number[]) => Told | null {
  const isNumber = task.kind.classes === undefined && counted.some((row) => labels[row] !== 0 && labels[row] !== 1);
  if (isNumber) return (values) => (isAffine(values, labels, counted) ? 'affine' : null);
  const classes = classesOf(labels, counted);
  return classes === null ? () => null : (values) => tellsClasses(values, classes);
}
