/** @file Where a saved flow differs from the declared one: in what weights and answers rest on, and in the rest. */
import { show } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { FlowGraph, FlowNode, TaskNode } from '../flow/graph.js';
import { type Note, note } from '../notes.js';
import type { TaskKind } from '../tasks/kind.js';
import { canonical, type Difference, fieldsDifference, firstOf, isRecord, keysDifference } from './differences.js';

type Node = FlowNode | TaskNode;

/**
 * The first difference that weights or answers do not survive: inputs, then tasks and flows from the root down. The
 * names of the project and of the root flow may differ, as may the order of inputs and members: weights are found by
 * path. Options that only training and tuning read may differ too.
 */
export function flowDifference(saved: FlowGraph, declared: Flow<TaskKind>): Difference | null {
  const { inputs, root } = declared.graph;
  return inputsDifference(saved.inputs, inputs) ?? membersDifference(saved.root, root, declared);
}

function inputsDifference(saved: FlowGraph['inputs'], declared: FlowGraph['inputs']): Difference | null {
  return (
    keysDifference('inputs.', 'input', Object.keys(saved), Object.keys(declared)) ??
    firstOf(Object.entries(declared), ([name, spec]) =>
      fieldsDifference(`inputs.${name}`, withoutEncoder(saved[name] ?? {}), withoutEncoder(spec)),
    )
  );
}

/** Inputs whose columns have kinds must have the same: what one kind has learnt, another cannot read. */
export function kindsDifference(saved: FlowGraph['inputs'], declared: FlowGraph['inputs']): Difference | null {
  const ofKinds = (specs: FlowGraph['inputs']): FlowGraph['inputs'] =>
    Object.fromEntries(
      Object.entries(declared).flatMap(([name, { columnKinds }]) => {
        const spec = specs[name];
        const either = columnKinds !== undefined || spec?.columnKinds !== undefined;
        return spec !== undefined && either ? [[name, spec]] : [];
      }),
    );
  return inputsDifference(ofKinds(saved), ofKinds(declared));
}

/** What it has learnt goes with the weights, whatever the program would have it learn. */
function withoutEncoder<T extends object>(spec: T): Omit<T, 'encoder'> {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => field !== 'encoder')) as Omit<T, 'encoder'>; // all others
}

function membersDifference(saved: FlowNode, declared: FlowNode, flow: Flow<TaskKind>): Difference | null {
  const paths = (node: FlowNode): string[] => node.members.map((member) => member.path);
  const byPath = new Map(saved.members.map((member) => [member.path, member]));
  return (
    keysDifference('', 'task or flow', paths(saved), paths(declared)) ??
    firstOf(declared.members, (member) => nodeDifference(byPath.get(member.path) ?? member, member, flow))
  );
}

function nodeDifference(saved: Node, declared: Node, flow: Flow<TaskKind>): Difference | null {
  if (saved.type === 'flow' && declared.type === 'flow') {
    return (
      fieldsDifference(declared.path, { condition: saved.condition }, { condition: declared.condition }) ??
      membersDifference(saved, declared, flow)
    );
  }
  const needed = (node: Node): object => {
    if (node.type === 'flow') return { type: node.type };
    const { whenUnknown: _, ...needed } = node; // which labels count is a matter of training
    return { ...needed, options: split(node, flow).needed };
  };
  return fieldsDifference(declared.path, needed(saved), needed(declared));
}

/** A sentence for each option that differs and that only training or tuning reads. */
export function trainingDifferences(saved: FlowGraph, declared: Flow<TaskKind>): Note[] {
  const savedNodes = new Map(nodesOf(saved.root).map((node) => [node.path, node]));
  return nodesOf(declared.graph.root).flatMap((node) => {
    const { path } = node;
    const other = savedNodes.get(path);
    if (other === undefined) return [];
    const [theirs, ours] = [trainingOf(other, declared), trainingOf(node, declared)];
    return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
      .filter((key) => canonical(ours[key]) !== canonical(theirs[key]))
      .map((key) =>
        note(
          'OPTIONS_DIFFER',
          path,
          `The model was saved with ${key} ${said(theirs[key])}, the program declares ${said(ours[key])}.`,
        ),
      );
  });
}

function trainingOf(node: Node, flow: Flow<TaskKind>): Readonly<Record<string, unknown>> {
  const gate = node.whenUnknown === undefined ? {} : { whenUnknown: node.whenUnknown };
  return node.type === 'task' ? { ...split(node, flow).training, ...gate } : gate;
}

/** An option that is not written is at its default. */
const said = (value: unknown): string => (value === undefined ? 'at its default' : show(value));

interface Options {
  readonly needed: Readonly<Record<string, unknown>>;
  readonly training: Readonly<Record<string, unknown>>;
}

function split({ path, options }: TaskNode, flow: Flow<TaskKind>): Options {
  const trainingOptions = flow.tasks.find((task) => task.path === path)?.kind.trainingOptions ?? [];
  const entries: [string, unknown][] = isRecord(options) ? Object.entries(options) : [['options', options]];
  return {
    needed: Object.fromEntries(entries.filter(([key]) => !trainingOptions.includes(key))),
    training: Object.fromEntries(entries.filter(([key]) => trainingOptions.includes(key))),
  };
}

export function leavesOf(node: FlowNode): TaskNode[] {
  return nodesOf(node).filter((member) => member.type === 'task');
}

/** Tasks and nested flows, each flow before its members. */
function nodesOf(node: FlowNode): Node[] {
  return node.members.flatMap((member) => (member.type === 'task' ? [member] : [member, ...nodesOf(member)]));
}
