/** @file Which tasks a row lets in when nobody knows the truth: conditions asked of the decoded values. */
import type { Truth } from '../data/dataset.js';
import type { Positions } from '../data/ragged/extents.js';
import { thereOf } from '../data/ragged/positions.js';
import { predicatesIn } from '../flow/conditions.js';
import type { ConditionNode } from '../flow/graph.js';
import { knownTruths, TRUE, truthColumns } from '../flow/truth.js';
import type { Layout, TaskSlot } from '../tasks/layout.js';

/** Each answer is made when first asked for; what the asked tasks decoded to must be there then. */
export interface Gates {
  /** Truth of a task's full condition on each of its instances: its gate is open where it is `TRUE`. */
  readonly ofTask: (path: string) => Uint8Array;
  readonly isOpen: (path: string, instance: number) => boolean;
  /** Whether the task's gate is open at any position of a row. */
  readonly isOpenSomewhere: (path: string, row: number) => boolean;
  /**
   * Truth of any condition on one instance: `FALSE`, `UNKNOWN` (an asked task does not itself apply) or `TRUE`. A condition
   * that asks along an axis has an instance for each position of each row, any other one for each row.
   */
  readonly truth: (condition: ConditionNode, instance: number) => number;
}

/**
 * @param decoded `[rows, layout.width]`, as `decode` gives it
 * @param positions of the tasks that some of these rows lack: no gate is open there
 */
export function decodedGates(layout: Layout, decoded: Float64Array, positions: Positions | null = null): Gates {
  const { width, flow } = layout;
  const offsetOf = (path: string): number => layout.slot(path).offset;
  const rows = decoded.length / width;
  const there = thereOf(positions);
  const columns = truthColumns(flow, { rows, width, values: decoded, present: null, offsetOf, thereOf: there });
  const byNode = new Map<ConditionNode, Uint8Array>(); // finding a condition's register costs more than reading it
  return {
    ofTask: columns.ofTask,
    isOpen: (path, instance) => columns.ofTask(path)[instance] === TRUE,
    isOpenSomewhere: (path, row) => {
      const { positions } = layout.slot(path);
      const open = columns.ofTask(path);
      for (let i = row * positions; i < (row + 1) * positions; i++) if (open[i] === TRUE) return true;
      return false;
    },
    truth: (condition, instance) => {
      const known = byNode.get(condition) ?? columns.of(condition);
      byNode.set(condition, known);
      return known[instance] as number; // callers ask for those that there are
    },
  };
}

/**
 * The task along most axes that a condition asks about (those of the others are the first of its own); null where all
 * answer once a row.
 */
export function askedAlong({ slot }: Layout, condition: ConditionNode | null): TaskSlot | null {
  const along = predicatesIn(condition)
    .map(({ path }) => slot(path))
    .filter(({ axis }) => axis !== null);
  const [first] = along.sort((a, b) => b.shape.length - a.shape.length);
  return first ?? null;
}

/**
 * What the labels say of each task's full condition, `[rows, layout.answers]`: `TRUE`, `FALSE` (whatever the missing labels
 * are, and where a row has no such position), or `UNKNOWN`.
 */
export function labelTruths(layout: Layout, { labels, positions }: Pick<Truth, 'labels' | 'positions'>): Uint8Array {
  const offsetOf = (path: string): number => layout.slot(path).offset;
  return knownTruths(layout.flow, { ...labels, offsetOf, thereOf: thereOf(positions) });
}
