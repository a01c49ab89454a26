/** @file Random flows with every built-in kind, nesting, and conditions of every form; and rows of labels for them. */
import fc from 'fast-check';
import { predicatesIn } from '../../src/flow/conditions.js';
import type { ConditionNode, FlowGraph, FlowNode, Json, TaskNode } from '../../src/flow/graph.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { binary, boundedRegression, classification, multilabel, regression } from '../../src/index.js';
import type { TaskKind } from '../../src/tasks/kind.js';

export const CLASSES = ['red', 'green', 'blue'] as const;
const kinds = [
  () => binary(),
  () => binary({ weight: 2 }),
  () => classification({ classes: CLASSES }),
  () => multilabel({ classes: CLASSES }),
  () => boundedRegression({ min: -2, max: 6 }),
  () => regression(),
] as const;

type Leaf = { readonly path: string; readonly kind: TaskKind; readonly isAlong: boolean };

/** Decides from a list of small integers: simple to shrink, and each draw consumes the next. */
class Choices {
  private at = 0;
  private readonly values: readonly number[];
  constructor(values: readonly number[]) {
    this.values = values;
  }
  below(n: number): number {
    const value = this.values[this.at++ % this.values.length] ?? 0;
    return value % n;
  }
}

export interface RandomFlow {
  readonly graph: FlowGraph;
  readonly kinds: ReadonlyMap<string, TaskKind>;
  readonly flow: ReturnType<typeof resolveFlow<TaskKind>>;
}

const choices = fc.array(fc.nat({ max: 10_000 }), { minLength: 60, maxLength: 60 });

export const randomFlow: fc.Arbitrary<RandomFlow> = choices.map((values) => build(new Choices(values)));

/** Positions of the axis `token` in `randomMixedFlow`. */
export const TOKENS = 3;

/** As `randomFlow`, some of the tasks along an axis, with conditions on the same axis and from the row. */
export const randomMixedFlow: fc.Arbitrary<RandomFlow> = choices.map((values) => build(new Choices(values), 'token'));

function build(choose: Choices, axis: string | null = null): RandomFlow {
  const kindOf = new Map<string, TaskKind>();
  const leaves: Leaf[] = [];
  const members: (TaskNode | FlowNode)[] = [];
  const count = 2 + choose.below(6);
  let made = 0;
  const task = (prefix: string, mustBeAlong = false): TaskNode => {
    const name = `t${made++}`;
    const kind = (kinds[choose.below(kinds.length)] ?? kinds[0])();
    kindOf.set(name, kind);
    const isAlong = axis !== null && (mustBeAlong || choose.below(2) === 0);
    const askable = isAlong ? leaves : leaves.filter((leaf) => !leaf.isAlong);
    const condition = askable.length > 0 && choose.below(3) > 0 ? conditionOn(askable, choose, 2) : null;
    const path = prefix + name;
    const side = choose.below(2) === 0 ? 'left' : 'right';
    leaves.push({ path, kind, isAlong });
    const feature = isAlong ? `${side}Tokens` : side;
    const gate = gateOf(condition, choose);
    const node: TaskNode = { type: 'task', name, path, kind: kind.kind, options: kind.options, feature, ...gate };
    return isAlong ? { ...node, axis } : node;
  };
  while (made < count) {
    if (made > 0 && choose.below(4) === 0) {
      const name = `f${made}`;
      const condition = choose.below(3) > 0 ? conditionOn(leaves, choose, 2) : null;
      const paths = new Set(leaves.filter((leaf) => leaf.isAlong).map((leaf) => leaf.path));
      const asksAlong = predicatesIn(condition).some((node) => paths.has(node.path));
      const inner = Array.from({ length: 1 + choose.below(2) }, () => task(`${name}.`, asksAlong));
      members.push({ type: 'flow', name, path: name, ...gateOf(condition, choose), members: inner });
    } else members.push(task(''));
  }
  const graph: FlowGraph = {
    format: 'headgate-flow',
    version: 1,
    name: 'random',
    inputs: {
      x:
        axis === null
          ? { kind: 'vector', shape: [3], scale: 1, columns: null }
          : { kind: 'tensor', shape: [TOKENS, 3], scale: 1, columns: null, axes: [axis, null] },
    },
    root: { type: 'flow', name: 'root', path: '', condition: null, members },
  };
  return { graph, kinds: kindOf, flow: resolveFlow(graph, kindOf) };
}

type Gate = Pick<TaskNode, 'condition' | 'whenUnknown'>;

function gateOf(condition: ConditionNode | null, choose: Choices): Gate {
  return condition !== null && choose.below(3) === 0 ? { condition, whenUnknown: 'include' } : { condition };
}

function conditionOn(leaves: readonly Leaf[], choose: Choices, depth: number): ConditionNode {
  const form = depth === 0 ? 3 : choose.below(6);
  if (form === 0) return { type: 'not', of: conditionOn(leaves, choose, depth - 1) };
  if (form === 1 || form === 2) {
    const of = [conditionOn(leaves, choose, depth - 1), conditionOn(leaves, choose, depth - 1)];
    return { type: form === 1 ? 'and' : 'or', of };
  }
  const { path, kind } = leaves[choose.below(leaves.length)] as Leaf;
  const ask = (predicate: string, ...args: Json[]): ConditionNode => ({ type: 'predicate', path, predicate, args });
  const name = CLASSES[choose.below(3)] as string;
  switch (kind.kind) {
    case 'binary':
      return ask('isTrue');
    case 'classification':
      return choose.below(2) === 0 ? ask('is', name) : ask('in', [name, CLASSES[choose.below(3)] as string]);
    case 'multilabel':
      return ask('has', name);
    default:
      return [ask('above', 1), ask('below', 2), ask('between', 0, 3)][choose.below(3)] as ConditionNode;
  }
}

/** A label as the user gives it; null is missing. */
export type Label = boolean | string | number | null | readonly (boolean | null)[];

export function labelOf(kind: TaskKind, choose: (n: number) => number): Label {
  if (choose(4) === 0) return null;
  switch (kind.kind) {
    case 'binary':
      return choose(2) === 0;
    case 'classification':
      return CLASSES[choose(3)] as string;
    case 'multilabel':
      return CLASSES.map(() => ([true, false, null] as const)[choose(3)] ?? null);
    case 'boundedRegression':
      return choose(9) - 2;
    default:
      return choose(11) / 2 - 2;
  }
}

/** Rows of labels by task path, of a flow without an axis. */
export function labelRows(flow: RandomFlow['flow'], rows: number, seed: number): Record<string, Label>[] {
  return cellRows(flow, rows, seed) as Record<string, Label>[]; // without an axis, a cell is a label
}

/** What a row holds of a task: a label, or along an axis a list of them, or nothing. */
export type Cell = Label | readonly Label[];

export function cellRows(flow: RandomFlow['flow'], rows: number, seed: number): Record<string, Cell>[] {
  let state = seed >>> 0;
  const choose = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator: tests only
    return (state >>> 8) % n;
  };
  return Array.from({ length: rows }, () => {
    const row: Record<string, Cell> = {};
    for (const { path, kind, axis, positions } of flow.tasks) {
      if (axis === null) row[path] = labelOf(kind, choose);
      else row[path] = choose(8) === 0 ? null : Array.from({ length: positions }, () => labelOf(kind, choose));
    }
    return row;
  });
}

/** The same flow with the members of every flow in another order. */
export function permuted({ graph, kinds: kindOf }: RandomFlow, order: number): RandomFlow['flow'] {
  const reorder = (node: FlowNode): FlowNode => {
    const members = node.members.map((member) => (member.type === 'flow' ? reorder(member) : member));
    const moved: (TaskNode | FlowNode)[] = [];
    members.forEach((member, i) => {
      moved.splice((order + i * 7) % (moved.length + 1), 0, member);
    });
    return { ...node, members: moved };
  };
  return resolveFlow({ ...graph, root: reorder(graph.root) }, kindOf);
}
