/** @file What is to be forgotten: a class of a task, or a whole task; which rows are of it, and which are the rest. */
import type { Truth } from '../../data/dataset.js';
import { HeadgateError } from '../../errors.js';
import { invalidOption } from '../../options.js';
import type { Layout, TaskSlot } from '../../tasks/layout.js';

export interface Target {
  readonly slot: TaskSlot;
  /** Element of a label and its encoded value; null where all of the task is meant. */
  readonly of: { readonly element: number; readonly value: number } | null;
  /** `digit = 3`, or the task's path. */
  readonly name: string;
}

/** @throws HeadgateError `UNKNOWN_CLASS`, `INVALID_LABEL` for what is no label of the task */
export function classTarget(slot: TaskSlot, value: unknown): Target {
  const { kind, path } = slot.task;
  if (kind.classes === undefined && kind.thresholds === null) {
    throw invalidOption('pathways.forget.class.task', path, { expected: 'a task that tells classes apart' });
  }
  const name = `${path} = ${String(value)}`;
  const { has } = kind.predicates;
  if (kind.width > 1 && has !== undefined) {
    return { slot, name, of: { element: has(value).element, value: 1 } };
  }
  const cell = { values: new Float64Array(kind.width), present: new Uint8Array(kind.width), offset: 0 };
  kind.encode(value, cell, () => 'pathways.forget.class.value');
  return { slot, name, of: { element: 0, value: cell.values[0] ?? 0 } };
}

/** Rows of the target, and rows that are not: those whose label is another, or on which the task does not count. */
export function splitRows(truth: Truth, { slot, of }: Target): { readonly own: number[]; readonly rest: number[] } {
  const [own, rest]: [number[], number[]] = [[], []];
  for (let row = 0; row < truth.rows; row++) {
    const places = elementsOf(truth.layout, slot, row).filter(({ place }) => truth.mask[place] === 1);
    if (of === null) (places.length > 0 ? own : rest).push(row);
    else if (places.some((at) => isOf(truth.labels.values, at, of))) own.push(row);
    else if (places.length > 0) rest.push(row);
  }
  return { own, rest };
}

/** @throws HeadgateError `EMPTY_DATASET` */
export function requireBoth(target: Target, { own, rest }: { readonly own: number[]; readonly rest: number[] }): void {
  for (const [rows, what] of [
    [own, `of ${target.name}`],
    [rest, `of anything but ${target.name}`],
  ] as const) {
    if (rows.length > 0) continue;
    throw new HeadgateError({
      code: 'EMPTY_DATASET',
      path: 'pathways.forget.data',
      problem: `no row is ${what}: what is to go is told by the difference`,
      expected: 'rows of both',
      mend: 'Give rows on which the task counts, of its other classes too; for a task, rows on which it does not count.',
    });
  }
}

/** How many answers were right: of the target, and of the task's others. */
export interface Hits {
  own: number;
  ownRight: number;
  rest: number;
  restRight: number;
}

export function countHits(truth: Truth, decoded: Float64Array, { slot, of }: Target, hits: Hits): void {
  if (of === null) return;
  const { values } = truth.labels;
  for (let row = 0; row < truth.rows; row++) {
    for (const at of elementsOf(truth.layout, slot, row)) {
      const { place } = at;
      if (truth.mask[place] !== 1) continue;
      const isRight = values[place] === decoded[place];
      if (isOf(values, at, of)) {
        hits.own++;
        if (isRight) hits.ownRight++;
      } else {
        hits.rest++;
        if (isRight) hits.restRight++;
      }
    }
  }
}

/** An element of a row's label, and where it lies in the matrix of all. */
interface Place {
  readonly place: number;
  readonly element: number;
}

function elementsOf({ width }: Layout, { offset, columns, width: elements }: TaskSlot, row: number): Place[] {
  return Array.from({ length: columns }, (_, i) => ({ place: row * width + offset + i, element: i % elements }));
}

function isOf(values: Float64Array, at: Place, { element, value }: NonNullable<Target['of']>): boolean {
  return at.element === element && values[at.place] === value;
}
