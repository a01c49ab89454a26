/** @file What the labels of a task that count are like, as its kind answers for itself. */
import type { TaskSlot } from '../../tasks/layout.js';
import type { Truth } from '../dataset.js';
import { type SummaryFold, summarise } from '../encoders/column-summary.js';
import { KEPT_NUMBERS, type NumberSummary, summaryOf } from './number-summary.js';

export type Balance =
  /** Of a kind whose label is one of its classes: how often each is. */
  | { readonly of: 'classes'; readonly classes: readonly CountedClass[] }
  /** Of a kind that decides yes or no, once or for each class. */
  | { readonly of: 'decisions'; readonly decisions: readonly CountedDecision[] }
  /** Of any other kind: one for each element of a label; null where no label of it counts. */
  | { readonly of: 'numbers'; readonly elements: readonly (NumberSummary | null)[] };

export interface CountedClass {
  readonly name: string;
  readonly count: number;
}

export interface CountedDecision {
  /** The class; null for a kind without classes. */
  readonly name: string | null;
  readonly count: number;
  /** Of these, how many say yes. */
  readonly positives: number;
}

export interface BalanceFold {
  readonly see: (truth: Truth) => void;
  readonly result: () => Balance;
}

export function startBalance(slot: TaskSlot): BalanceFold {
  const { classes, thresholds } = slot.task.kind;
  if (slot.width === 1 && classes !== undefined && classes.length > 1) return classBalance(slot, classes);
  return thresholds === null ? numberBalance(slot) : decisionBalance(slot, classes);
}

function classBalance(slot: TaskSlot, names: readonly string[]): BalanceFold {
  const counts = names.map(() => 0);
  return {
    see: (truth) =>
      eachCounted(slot, truth, (value) => {
        counts[value] = (counts[value] ?? 0) + 1;
      }),
    result: () => {
      const classes = names.map((name, i) => Object.freeze({ name, count: counts[i] ?? 0 })); // one for each
      return Object.freeze({ of: 'classes', classes: Object.freeze(classes) });
    },
  };
}

function decisionBalance(slot: TaskSlot, names: readonly string[] | undefined): BalanceFold {
  const counts = Array.from({ length: slot.width }, () => ({ count: 0, positives: 0 }));
  return {
    see: (truth) =>
      eachCounted(slot, truth, (value, element) => {
        const own = counts[element] as { count: number; positives: number }; // one for each
        own.count++;
        if (value === 1) own.positives++;
      }),
    result: () => {
      const decisions = counts.map((own, i) => Object.freeze({ name: names?.[i] ?? null, ...own }));
      return Object.freeze({ of: 'decisions', decisions: Object.freeze(decisions) });
    },
  };
}

function numberBalance(slot: TaskSlot): BalanceFold {
  const kept = Math.max(1, Math.floor(KEPT_NUMBERS / slot.width));
  const folds = Array.from({ length: slot.width }, () => summarise(kept));
  return {
    see: (truth) => eachCounted(slot, truth, (value, element) => (folds[element] as SummaryFold).add(value)), // likewise
    result: () => Object.freeze({ of: 'numbers', elements: Object.freeze(folds.map(summaryOf)) }),
  };
}

function eachCounted(
  { offset, width, columns }: TaskSlot,
  { rows, layout, labels, mask }: Truth,
  see: (value: number, element: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    const first = row * layout.width + offset;
    for (let column = 0; column < columns; column++) {
      if (mask[first + column] === 1) see(labels.values[first + column] as number, column % width);
    }
  }
}
