/** @file Confusion counts of yes/no decisions, one set for each element of a task, over the labels that count. */
import { at } from '../arrays.js';
import type { MetricView } from '../kind.js';
import type { ConfusionCounts } from './counts.js';
import { increment } from './fold.js';

export interface DecisionCounts {
  readonly add: (view: MetricView) => void;
  readonly of: (element: number) => ConfusionCounts;
}

/** @param elements decisions in a row */
export function startDecisions(elements: number): () => DecisionCounts {
  return () => {
    const table = new Float64Array(4 * elements); // of each element: tn, fp, fn, tp
    return {
      add: ({ labels, decoded, counted }) => {
        for (let i = 0, element = 0; i < labels.length; i++, element = element + 1 === elements ? 0 : element + 1) {
          if (at(counted, i) === 1) increment(table, 4 * element + 2 * at(labels, i) + at(decoded, i));
        }
      },
      of: (element) => ({
        tn: at(table, 4 * element),
        fp: at(table, 4 * element + 1),
        fn: at(table, 4 * element + 2),
        tp: at(table, 4 * element + 3),
      }),
    };
  };
}
