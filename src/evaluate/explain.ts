/** @file Why the network says what it says, row by row: a tree in which a task hangs under the task that lets it in. */

import { predicatesIn } from '../flow/conditions.js';
import type { ConditionNode, FlowNode, TaskNode } from '../flow/graph.js';
import { TRUE } from '../flow/truth.js';
import { flag, option, withDefault } from '../options.js';
import { scoresOf } from '../score/scores.js';
import { scoredUnits } from '../tasks/kind.js';
import type { Layout } from '../tasks/layout.js';
import type { Decisions } from './decisions.js';
import { answersLine } from './explain-along.js';
import { askedAlong } from './gates.js';
import { createReasons } from './reasons.js';
import { neverTrainedWords, terminalColumns } from './text-table.js';
import { drawTree, type TreeNode } from './text-tree.js';

export interface ExplainOptions {
  /** Shows where a branch was pruned, its condition and the value that failed it. Default false. */
  readonly why?: boolean;
  /** Columns that a line takes at most; longer texts go on below. Default 80. */
  readonly width?: number;
}

const width = option(
  'a whole number from 1 on, or Infinity',
  (given): given is number => given === Number.POSITIVE_INFINITY || (Number.isSafeInteger(given) && Number(given) >= 1),
);

export const treeSchema = { why: withDefault(flag, false), width: withDefault(width, terminalColumns) };

/**
 * A tree for all rows: `batch`, below it `inp 0`, `inp 1` …, below each its tasks as their kinds explain them. A task
 * hangs under the task that its condition asks about (the last asked one that is there), a nested flow likewise, siblings
 * in flow order. Where that task has lines of its own (its classes), they hang below them, under `given shirt`. What does not apply to the row by the decoded predictions is left out, and so is an empty flow.
 *
 * A task of which no label ever counted in a fit is marked `(never trained)`. A task along an axis is one line: its answers at the first positions, `·` where it does not apply. It is left out where it
 * applies nowhere.
 *
 * With `why`, the top of every pruned branch stays as one line, such as
 * `doorLocked ✗ given not doorOpen: doorOpen is True (0.93)`; the number is the activation that was decoded.
 */
export function explain(layout: Layout, decisions: Decisions, options: ExplainOptions = {}): string {
  return drawBatch(explainRows(layout, decisions, options), options);
}

/** The rows' trees, below `batch`. */
export function drawBatch(rows: readonly TreeNode[], { width = terminalColumns }: ExplainOptions = {}): string {
  return drawTree({ text: 'batch', children: rows }, width);
}

/** A tree a row, as `explain` draws them. @param name of a row. Default: `inp 3` by its place */
export function explainRows(
  layout: Layout,
  decisions: Decisions,
  { why = false }: ExplainOptions = {},
  name: (row: number) => string = (row) => `inp ${row}`,
): readonly TreeNode[] {
  const { scores, decoded, gates } = decisions;
  const reason = createReasons(layout, decisions);
  const places = placesOf(layout.flow.graph.root);

  const explainRow = (row: number): TreeNode => {
    const root = branch(name(row));
    const open = new Map<string, Branch>([['', root]]);
    const shown: { readonly place: Place; readonly own: Branch }[] = [];
    for (const place of places) {
      const { node, flowPath, asked } = place;
      if (!open.has(flowPath)) continue; // all of a flow that does not apply is pruned with it
      if (applies(node, row)) {
        const own = node.type === 'flow' ? { ...branch(node.name), isFlow: true } : leaf(node, row);
        open.set(node.path, own);
        shown.push({ place, own });
      } else if (why && node.condition && asked.some((path) => gates.isOpenSomewhere(path, row))) {
        shown.push({ place, own: branch(`${node.name} ✗ given ${reason(node.condition, row)}`) });
      }
      // else nothing that its condition asks about applies: it belongs to a branch that was pruned further up
    }
    for (const { place, own } of shown) {
      const parent = place.parents.find((path) => open.has(path)) ?? place.flowPath;
      const above = open.get(parent);
      if (above === undefined) throw new Error(`${place.node.path} hangs under ${parent}, which is not shown`);
      dependentsOf(above).push(own);
    }
    return withoutEmptyFlows(root);
  };

  const applies = (node: TaskNode | FlowNode, row: number): boolean =>
    node.type === 'task' ? gates.isOpenSomewhere(node.path, row) : holdsSomewhere(node.condition, row);

  const holdsSomewhere = (condition: ConditionNode | null, row: number): boolean => {
    if (condition === null) return true;
    const { positions } = askedAlong(layout, condition) ?? { positions: 1 };
    for (let i = row * positions; i < (row + 1) * positions; i++) if (gates.truth(condition, i) === TRUE) return true;
    return false;
  };

  const leaf = (node: TaskNode, row: number): Branch => {
    const slot = layout.slot(node.path);
    const { task, axis, offset, width } = slot;
    const mark = slot.neverTrained ? neverTrainedWords : '';
    if (axis !== null) return branch(answersLine(layout, slot, decisions, row) + mark);
    const units = scoredUnits(task.kind);
    const { logits, activated } = scoresOf(scores, node.path);
    const start = row * layout.width + offset;
    const { text, children = [] } = task.kind.explain(node.name, {
      logits: logits.subarray(row * units, (row + 1) * units),
      activated: activated.subarray(row * units, (row + 1) * units),
      decoded: decoded.subarray(start, start + width),
    });
    const lines = children.map((line) => branch(line));
    return { ...branch(text + mark), children: lines, title: lines.length > 0 ? `given ${node.name}` : null };
  };

  return Array.from({ length: scores.rows }, (_, row) => explainRow(row));
}

interface Branch extends TreeNode {
  readonly isFlow: boolean;
  readonly children: Branch[];
  /** Of the branch that its dependents hang under; null where they hang under it itself. */
  readonly title: string | null;
}

const branch = (text: string): Branch => ({ text, isFlow: false, children: [], title: null });

/** Where dependents of a node go: they must not stand among its own lines, as if they were classes of it. */
function dependentsOf({ title, children }: Branch): Branch[] {
  if (title === null) return children;
  const last = children.at(-1);
  if (last?.text === title) return last.children;
  const own = branch(title);
  children.push(own);
  return own.children;
}

function withoutEmptyFlows(node: Branch): TreeNode {
  const children = node.children.map(withoutEmptyFlows);
  return {
    text: node.text,
    children: children.filter((child, i) => !node.children[i]?.isFlow || child.children.length),
  };
}

/** A task or nested flow, and what it may hang under. */
interface Place {
  readonly node: TaskNode | FlowNode;
  /** Of the flow around it; empty for the root. */
  readonly flowPath: string;
  /** Tasks that its own condition asks about. */
  readonly asked: readonly string[];
  /** Those of them within the flow around it, the last one first. */
  readonly parents: readonly string[];
}

/** In flow order, each flow before its members. */
function placesOf(flow: FlowNode): readonly Place[] {
  const prefix = flow.path === '' ? '' : `${flow.path}.`;
  return flow.members.flatMap((node) => {
    const asked = predicatesIn(node.condition).map((predicate) => predicate.path);
    const parents = asked.filter((path) => path.startsWith(prefix)).reverse();
    const place = { node, flowPath: flow.path, asked, parents };
    return node.type === 'flow' ? [place, ...placesOf(node)] : [place];
  });
}
