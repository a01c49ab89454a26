/** @file Counting what was taken for what, one entry for each pair that occurred. */
import { at } from '../arrays.js';
import type { ConfusionCell, ConfusionFold } from '../kind.js';
import type { DecisionCounts } from './decisions.js';

/** Of class indices. */
export function startConfusion(classes: readonly string[]): ConfusionFold {
  const counts = new Map<number, number>();
  return {
    add: ({ rows, labels, decoded }) => {
      for (let row = 0; row < rows; row++) {
        const pair = at(labels, row) * classes.length + at(decoded, row);
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    },
    result: () => {
      const cells = [...counts].map(
        ([pair, count]): ConfusionCell => ({
          actual: Math.floor(pair / classes.length),
          predicted: pair % classes.length,
          count,
        }),
      );
      return [{ name: null, classes, cells: sorted(cells) }];
    },
  };
}

const sides: readonly string[] = Object.freeze(['false', 'true']);

/** Of yes/no decisions, a table for each. `names`: null for a kind with one decision. */
export function decisionConfusion(names: readonly (string | null)[], start: () => DecisionCounts): () => ConfusionFold {
  return () => {
    const decisions = start();
    return {
      add: decisions.add,
      result: () =>
        names.map((name, i) => {
          const { tp, fp, tn, fn } = decisions.of(i);
          const cells: readonly ConfusionCell[] = [
            { actual: 0, predicted: 0, count: tn },
            { actual: 0, predicted: 1, count: fp },
            { actual: 1, predicted: 0, count: fn },
            { actual: 1, predicted: 1, count: tp },
          ];
          return { name, classes: sides, cells: cells.filter(({ count }) => count > 0) };
        }),
    };
  };
}

function sorted(cells: ConfusionCell[]): readonly ConfusionCell[] {
  return cells.sort((a, b) => a.actual - b.actual || a.predicted - b.predicted);
}
