/** @file Which tasks a row lets in when nobody knows the truth: conditions asked of the decoded values. */
import type { LabelMatrix } from '../data/dataset.js';
import type { ConditionNode } from '../flow/graph.js';
import { knownTruths, TRUE, truthColumns } from '../flow/truth.js';
import type { Layout } from '../tasks/layout.js';

/** Each answer is made when first asked for; what the asked tasks decoded to must be there then. */
export interface Gates {
  /** Truth of a task's full condition on each row, `[rows]`: its gate is open where it is `TRUE`. */
  readonly ofTask: (path: string) => Uint8Array;
  readonly isOpen: (path: string, row: number) => boolean;
  /** Truth of any condition on one row: `FALSE`, `UNKNOWN` (an asked task does not itself apply) or `TRUE`. */
  readonly truth: (condition: ConditionNode, row: number) => number;
}

/** @param decoded `[rows, layout.width]`, as `decode` gives it */
export function decodedGates(layout: Layout, decoded: Float64Array): Gates {
  const { width, flow } = layout;
  const offsetOf = (path: string): number => layout.slot(path).offset;
  const columns = truthColumns(flow, { rows: decoded.length / width, width, values: decoded, present: null, offsetOf });
  const byNode = new Map<ConditionNode, Uint8Array>(); // finding a condition's register costs more than reading it
  return {
    ofTask: columns.ofTask,
    isOpen: (path, row) => columns.ofTask(path)[row] === TRUE,
    truth: (condition, row) => {
      const known = byNode.get(condition) ?? columns.of(condition);
      byNode.set(condition, known);
      return known[row] as number; // callers ask for rows that there are
    },
  };
}

/**
 * What the labels say of each task's full condition, `[rows, tasks]`: `TRUE`, `FALSE` (whatever the missing labels
 * are), or `UNKNOWN`.
 */
export function labelTruths(layout: Layout, { rows, width, values, present }: LabelMatrix): Uint8Array {
  const offsetOf = (path: string): number => layout.slot(path).offset;
  return knownTruths(layout.flow, { rows, width, values, present, offsetOf });
}
