/**
 * @file An independent reference: the masked loss and its gradient by plain recursion over one row (and one position of
 * it) at a time, in float64, from the graph and the labels as the user wrote them. It shares no code with the library.
 */
import type { ConditionNode, FlowGraph, FlowNode, PredicateNode, TaskNode } from '../../src/flow/graph.js';
import { type Cell, CLASSES, type Label } from './random-flow.js';

type Truth = true | false | null;
type Row = Readonly<Record<string, Cell>>;

export interface NaiveLeaf {
  readonly node: TaskNode;
  readonly conditions: readonly ConditionNode[];
  /** Whether unknown rows count, of each condition. */
  readonly includes: readonly boolean[];
}

export function naiveLeaves(graph: FlowGraph): NaiveLeaf[] {
  const walk = (flow: FlowNode, above: readonly (FlowNode | TaskNode)[]): NaiveLeaf[] =>
    flow.members.flatMap((member) => {
      if (member.type === 'flow') return walk(member, [...above, member]);
      const gated = [...above, member].filter(({ condition }) => condition !== null);
      const conditions = gated.map(({ condition }) => condition as ConditionNode); // just filtered
      return [{ node: member, conditions, includes: gated.map(({ whenUnknown }) => whenUnknown === 'include') }];
    });
  return walk(graph.root, []);
}

/** Of a task with one answer a row the position says nothing. */
export function labelAt({ path, axis }: TaskNode, row: Row, position: number): Label {
  const cell = row[path] ?? null;
  if (axis === undefined || cell === null) return cell as Label; // the row has one label of it
  return (cell as readonly Label[])[position] ?? null;
}

/** Answers a row: the length of the task's axis in the input that names it. */
export function positionsIn(graph: FlowGraph, { axis }: TaskNode): number {
  if (axis === undefined) return 1;
  for (const { axes, shape } of Object.values(graph.inputs)) {
    const place = axes?.indexOf(String(axis)) ?? -1; // of one axis: those along several have a reference of their own
    if (place >= 0) return shape[place] ?? Number.NaN;
  }
  return Number.NaN;
}

export function truth(leaves: readonly NaiveLeaf[], condition: ConditionNode, row: Row, position = 0): Truth {
  if (condition.type === 'not') {
    const inner = truth(leaves, condition.of, row, position);
    return inner === null ? null : !inner;
  }
  if (condition.type === 'and' || condition.type === 'or') {
    const decides = condition.type === 'or';
    const parts = condition.of.map((part) => truth(leaves, part, row, position));
    if (parts.includes(decides)) return decides;
    return parts.includes(null) ? null : !decides;
  }
  const leaf = leaves.find((candidate) => candidate.node.path === condition.path);
  if (leaf === undefined) return null;
  const isOpen = leaf.conditions.every((gate) => truth(leaves, gate, row, position) === true);
  return isOpen ? answer(condition, labelAt(leaf.node, row, position)) : null;
}

function answer(condition: PredicateNode, label: Label): Truth {
  if (label === null) return null;
  const [first, second] = condition.args;
  switch (condition.predicate) {
    case 'isTrue':
      return label === true;
    case 'is':
      return label === first;
    case 'in':
      return (first as readonly string[]).includes(label as string);
    case 'has': {
      const element = (label as readonly (boolean | null)[])[CLASSES.indexOf(first as 'red')];
      return element ?? null;
    }
    case 'above':
      return (label as number) > (first as number);
    case 'below':
      return (label as number) < (first as number);
    default:
      return (label as number) > (first as number) && (label as number) < (second as number);
  }
}

/** Every truth that a condition can come to, whatever the missing labels are; each is taken to be any of its answers. */
function ways(leaves: readonly NaiveLeaf[], condition: ConditionNode, row: Row, position: number): Set<Truth> {
  if (condition.type === 'not') {
    return new Set([...ways(leaves, condition.of, row, position)].map((one) => (one === null ? null : !one)));
  }
  if (condition.type === 'and' || condition.type === 'or') {
    const decides = condition.type === 'or';
    const join = (a: Truth, b: Truth): Truth => {
      if (a === decides || b === decides) return decides;
      return a === null || b === null ? null : !decides;
    };
    const parts = condition.of.map((part) => ways(leaves, part, row, position));
    return parts.reduce(
      (found, part) => new Set(Array.from(found).flatMap((a) => Array.from(part, (b) => join(a, b)))),
    );
  }
  const leaf = leaves.find((candidate) => candidate.node.path === condition.path);
  if (leaf === undefined) return new Set([null]);
  const gates = leaf.conditions.map((gate) => ways(leaves, gate, row, position));
  if (gates.some((gate) => !gate.has(true))) return new Set([null]); // it does not apply: there is no answer
  const known = answer(condition, labelAt(leaf.node, row, position));
  const answers: Truth[] = known === null ? [true, false] : [known];
  return new Set(gates.every((gate) => gate.size === 1) ? answers : [...answers, null]);
}

/** Whether a label of the leaf counts: every gate holds, or may hold and includes what is unknown. */
export function applies(leaves: readonly NaiveLeaf[], leaf: NaiveLeaf, row: Row, position = 0): boolean {
  return leaf.conditions.every((condition, i) => {
    if (truth(leaves, condition, row, position) === true) return true;
    return leaf.includes[i] === true && ways(leaves, condition, row, position).has(true);
  });
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface Element {
  readonly loss: number;
  /** With respect to each logit of the task. */
  readonly gradient: readonly number[];
}

/** Element losses of one row of one task; null where the label element is missing. */
function elements(node: TaskNode, label: Label, logits: readonly number[]): (Element | null)[] {
  const bce = (y: number, unit: number): Element => {
    const p = sigmoid(logits[unit] as number);
    const gradient = logits.map((_, i) => (i === unit ? p - y : 0));
    return { loss: y === 1 ? -Math.log(p) : -Math.log(1 - p), gradient };
  };
  if (label === null) return node.kind === 'multilabel' ? CLASSES.map(() => null) : [null];
  switch (node.kind) {
    case 'binary':
      return [bce(label === true ? 1 : 0, 0)];
    case 'multilabel':
      return (label as readonly (boolean | null)[]).map((one, i) => (one === null ? null : bce(one ? 1 : 0, i)));
    case 'classification': {
      const target = CLASSES.indexOf(label as 'red');
      const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
      const p = logits.map((x) => Math.exp(x) / sum);
      return [{ loss: -Math.log(p[target] as number), gradient: p.map((q, i) => q - (i === target ? 1 : 0)) }];
    }
    case 'boundedRegression': {
      const target = ((label as number) + 2) / 8;
      const s = sigmoid(logits[0] as number);
      return [{ loss: (s - target) ** 2, gradient: [2 * (s - target) * s * (1 - s)] }];
    }
    default: {
      const error = (logits[0] as number) - (label as number);
      return [{ loss: error ** 2, gradient: [2 * error] }];
    }
  }
}

export interface NaiveLoss {
  readonly total: number;
  readonly tasks: ReadonlyMap<string, { readonly loss: number; readonly count: number }>;
  /** By path: `[instance][unit]`, the gradient of `total`. An instance is a row, or a position of a row, row by row. */
  readonly gradients: ReadonlyMap<string, number[][]>;
}

/** @param logits by path: `[instance][unit]` */
export function naiveLoss(
  graph: FlowGraph,
  weights: ReadonlyMap<string, number>,
  rows: readonly Row[],
  logits: ReadonlyMap<string, readonly (readonly number[])[]>,
): NaiveLoss {
  const leaves = naiveLeaves(graph);
  const tasks = new Map<string, { loss: number; count: number }>();
  const gradients = new Map<string, number[][]>();
  let total = 0;
  for (const leaf of leaves) {
    const { path } = leaf.node;
    const own = logits.get(path) ?? [];
    let sum = 0;
    let count = 0;
    const gradient = own.map((values) => values.map(() => 0));
    const positions = positionsIn(graph, leaf.node);
    for (let i = 0; i < rows.length * positions; i++) {
      const row = rows[Math.floor(i / positions)] as Row;
      const position = i % positions;
      if (!applies(leaves, leaf, row, position)) continue;
      for (const element of elements(leaf.node, labelAt(leaf.node, row, position), own[i] ?? [])) {
        if (element === null) continue;
        sum += element.loss;
        count += 1;
        element.gradient.forEach((value, unit) => {
          (gradient[i] as number[])[unit] = ((gradient[i] as number[])[unit] as number) + value;
        });
      }
    }
    const weight = weights.get(path) ?? 1;
    const loss = count === 0 ? 0 : sum / count;
    total += weight * loss;
    tasks.set(path, { loss, count });
    gradients.set(
      path,
      gradient.map((values) => values.map((value) => (count === 0 ? 0 : (weight * value) / count))),
    );
  }
  return { total, tasks, gradients };
}
