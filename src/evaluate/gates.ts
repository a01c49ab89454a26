/** @file Which tasks a row lets in when nobody knows the truth: conditions asked of the decoded values. */

import type { LabelMatrix } from '../data/dataset.js';
import type { Flow } from '../flow/flow.js';
import type { ConditionNode } from '../flow/graph.js';
import { applies, elementPasses, elementTest, FALSE, TRUE, truths, UNKNOWN, type ValueColumns } from '../flow/truth.js';
import type { TaskKind } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';

export interface Gates {
  readonly rows: number;
  /** `[rows, tasks]` in flow order, 1 where the task's full condition holds on the decoded values. */
  readonly open: Uint8Array;
  readonly isOpen: (path: string, row: number) => boolean;
  /** Truth of any condition on one row: `FALSE`, `UNKNOWN` (an asked task does not itself apply) or `TRUE`. */
  readonly truth: (condition: ConditionNode, row: number) => number;
}

/** @param decoded `[rows, layout.width]`, as `decode` gives it */
export function decodedGates(flow: Flow<TaskKind>, layout: Layout, decoded: Float64Array): Gates {
  const columns = valueColumns(layout, decoded, null);
  const tasks = layout.slots.length;
  const open = applies(flow, columns);
  const index = new Map(layout.slots.map((slot) => [slot.task.path, slot.index]));
  const isOpen = (path: string, row: number): boolean => open[row * tasks + (index.get(path) ?? 0)] === 1;
  const asked = new Map<ConditionNode, (row: number) => number>();
  const asker = (node: ConditionNode): ((row: number) => number) => {
    const known = asked.get(node);
    if (known) return known;
    const made = truthOf(node);
    asked.set(node, made);
    return made;
  };
  const truthOf = (node: ConditionNode): ((row: number) => number) => {
    if (node.type === 'predicate') {
      const test = elementTest(flow, node);
      const passes = elementPasses(test);
      const element = layout.slot(node.path).offset + test.element;
      return (row) => {
        if (!isOpen(node.path, row)) return UNKNOWN;
        return passes(decoded[row * layout.width + element] ?? Number.NaN) ? TRUE : FALSE;
      };
    }
    if (node.type === 'not') {
      const of = asker(node.of);
      return (row) => TRUE - of(row);
    }
    const parts = node.of.map(asker);
    const pick = node.type === 'and' ? Math.min : Math.max;
    return (row) => pick(...parts.map((part) => part(row)));
  };
  return { rows: columns.rows, open, isOpen, truth: (condition, row) => asker(condition)(row) };
}

/** Truth of each task's full condition by the labels, `[rows, tasks]`: `FALSE`, `UNKNOWN` or `TRUE`. */
export function labelTruths(flow: Flow<TaskKind>, layout: Layout, { values, present }: LabelMatrix): Uint8Array {
  return truths(flow, valueColumns(layout, values, present));
}

function valueColumns(layout: Layout, values: Float64Array, present: Uint8Array | null): ValueColumns {
  const { width } = layout;
  return { rows: values.length / width, width, values, present, offsetOf: (path) => layout.slot(path).offset };
}
