/** @file FlowGraph + kinds -> Flow: leaves with their full conditions, in flow order and in evaluation order. */
import { didYouMean, HeadgateError, listed, placedAt } from '../errors.js';
import { placesAlong, requireAxes, requireConditionAxis, requireFeatureAxes } from './axes.js';
import { predicatesIn } from './conditions.js';
import type { TaskDeclaration } from './declaration.js';
import type { Flow, FlowTask, Gate } from './flow.js';
import type { ConditionNode, FlowGraph, FlowNode, PredicateNode, TaskNode } from './graph.js';

/**
 * @param kinds by task name
 * @throws HeadgateError `UNKNOWN_TASK` for a leaf without a kind, `DUPLICATE_PATH`, `CONDITION_ON_ABSENT_TASK`,
 *   `UNKNOWN_PREDICATE`, `CONDITION_CYCLE`, `UNKNOWN_AXIS`, `RAGGED_AXIS`, `AXIS_MISMATCH`, `CONDITION_AXIS`,
 *   `FEATURE_SHAPE`, and what the predicates throw on wrong arguments
 */
export function resolveFlow<D extends TaskDeclaration>(graph: FlowGraph, kinds: ReadonlyMap<string, D>): Flow<D> {
  const { inputs } = graph;
  requireAxes(inputs);
  const tasks = leavesOf(graph.root, { condition: null, gates: [], pathway: null }, { kinds, inputs });
  const byPath = new Map<string, FlowTask<D>>();
  for (const task of tasks) {
    if (byPath.has(task.path)) throw duplicatePath(task.path);
    byPath.set(task.path, task);
  }
  for (const task of tasks) {
    for (const node of predicatesIn(task.condition)) checkPredicate(task.path, node, byPath);
  }
  const taskAt = (path: string): FlowTask<D> => byPath.get(path) ?? unknownTask(path, byPath.keys());
  for (const task of tasks) requireConditionAxis(task, taskAt);
  requireFeatureAxes(tasks);
  return Object.freeze({
    graph,
    tasks: Object.freeze(tasks),
    evaluationOrder: Object.freeze(topological(tasks, byPath)),
    task: taskAt,
  });
}

interface Known<D extends TaskDeclaration> {
  readonly kinds: ReadonlyMap<string, D>;
  readonly inputs: FlowGraph['inputs'];
}

function leavesOf<D extends TaskDeclaration>(flow: FlowNode, around: Gated, known: Known<D>): FlowTask<D>[] {
  const { kinds, inputs } = known;
  const inherited = gatedBy(around, flow);
  return flow.members.flatMap((node): FlowTask<D>[] => {
    if (node.type === 'flow') return leavesOf(node, inherited, known);
    const kind = kinds.get(node.name);
    if (kind === undefined) return unknownTask(node.name, kinds.keys());
    const { path, name, feature } = node;
    const along = placesAlong(node, inputs);
    return [Object.freeze({ path, name, feature, kind, ...along, ...gatedBy(inherited, node), node })];
  });
}

type Gated = Pick<FlowTask, 'condition' | 'gates' | 'pathway'>;

function gatedBy(around: Gated, node: FlowNode | TaskNode): Gated {
  const { condition, whenUnknown = 'exclude', pathway = around.pathway } = node;
  if (condition === null) return { ...around, pathway };
  const gates: readonly Gate[] = [...around.gates, Object.freeze({ condition, whenUnknown })];
  return { condition: conjunction(around.condition, condition), gates: Object.freeze(gates), pathway };
}

/** The conditions of flows stay the same objects for every leaf below them, so that passes evaluate them once. */
function conjunction(a: ConditionNode | null, b: ConditionNode): ConditionNode {
  if (a === null) return b;
  return Object.freeze({ type: 'and', of: Object.freeze([a, b]) });
}

function checkPredicate(asker: string, node: PredicateNode, byPath: ReadonlyMap<string, FlowTask>): void {
  const asked = byPath.get(node.path);
  if (asked === undefined) {
    throw new HeadgateError({
      code: 'CONDITION_ON_ABSENT_TASK',
      path: asker,
      problem: `its condition asks about "${node.path}", which is not in this flow`,
      expected: `one of ${listed(byPath.keys())}`,
      received: node.path,
      suggestion: didYouMean(node.path, byPath.keys()),
      mend: 'Return the task that the condition asks about from the flow function, too.',
    });
  }
  const { predicates } = asked.kind;
  const predicate = Object.hasOwn(predicates, node.predicate) ? predicates[node.predicate] : undefined;
  if (predicate === undefined) {
    throw new HeadgateError({
      code: 'UNKNOWN_PREDICATE',
      path: asker,
      problem: `its condition asks "${node.path}.${node.predicate}", which a ${asked.kind.kind} task cannot answer`,
      expected: Object.keys(predicates).join(', '),
      received: node.predicate,
      suggestion: didYouMean(node.predicate, Object.keys(predicates)),
    });
  }
  try {
    predicate(...node.args);
  } catch (error) {
    throw placedAt(`${node.path}.${node.predicate}`, error);
  }
}

/** Kahn's algorithm, stable in flow order; what is left over is a cycle. */
function topological<D extends TaskDeclaration>(
  tasks: readonly FlowTask<D>[],
  byPath: ReadonlyMap<string, FlowTask<D>>,
): FlowTask<D>[] {
  const asked = new Map(tasks.map((task) => [task, new Set(predicatesIn(task.condition).map((node) => node.path))]));
  const askers = new Map(tasks.map((task): [string, FlowTask<D>[]] => [task.path, []]));
  for (const [task, paths] of asked) for (const path of paths) askers.get(path)?.push(task);
  const waiting = new Map(tasks.map((task) => [task, (asked.get(task) as Set<string>).size]));
  const order = tasks.filter((task) => waiting.get(task) === 0);
  for (let i = 0; i < order.length; i++) {
    for (const asker of askers.get((order[i] as FlowTask<D>).path) ?? []) {
      const left = (waiting.get(asker) as number) - 1;
      waiting.set(asker, left);
      if (left === 0) order.push(asker);
    }
  }
  if (order.length < tasks.length) throw cycle(new Set(tasks.filter((task) => waiting.get(task) !== 0)), asked, byPath);
  return order;
}

function cycle<D extends TaskDeclaration>(
  left: ReadonlySet<FlowTask<D>>,
  asked: ReadonlyMap<FlowTask<D>, ReadonlySet<string>>,
  byPath: ReadonlyMap<string, FlowTask<D>>,
): HeadgateError {
  // Every task that is left asks another one that is left, so following them must come around.
  const nextOf = (task: FlowTask<D>): FlowTask<D> => {
    for (const path of asked.get(task) ?? []) {
      const next = byPath.get(path);
      if (next !== undefined && left.has(next)) return next;
    }
    return task;
  };
  const walk = new Set<FlowTask<D>>();
  let current = [...left][0] as FlowTask<D>; // there is one: the caller counted them
  for (; !walk.has(current); current = nextOf(current)) walk.add(current);
  const walked = [...walk];
  const paths = [...walked.slice(walked.indexOf(current)), current].map((task) => task.path);
  return new HeadgateError({
    code: 'CONDITION_CYCLE',
    path: paths[0] ?? '',
    problem: 'its condition depends on itself',
    expected: 'conditions without a cycle',
    received: paths.join(' given '),
    mend: 'Take one of these conditions away.',
  });
}

function duplicatePath(path: string): HeadgateError {
  return new HeadgateError({
    code: 'DUPLICATE_PATH',
    path,
    problem: 'two leaves of the flow have this path',
    expected: 'each task once in a flow',
    received: path,
    mend: 'Return the task once, or put its second use into a nested flow of its own.',
  });
}

function unknownTask(path: string, known: Iterable<string>): never {
  const names = [...known];
  throw new HeadgateError({
    code: 'UNKNOWN_TASK',
    path,
    problem: 'there is no task of this name',
    expected: `one of ${listed(names)}`,
    received: path,
    suggestion: didYouMean(path, names),
  });
}
