/** @file Does a saved model belong to the flow that the program declares? The first difference, if not. */
import { type ErrorCode, HeadgateError, show } from '../errors.js';
import type { FlowGraph, FlowNode, TaskNode } from '../flow/graph.js';
import type { SavedModel } from './model-folder.js';

type Node = FlowNode | TaskNode;

interface Difference {
  readonly path: string;
  readonly problem: string;
  readonly expected: unknown;
  readonly received: unknown;
}

/**
 * Throws `FLOW_MISMATCH`, `WEIGHTS_MISMATCH` or `THRESHOLDS_MISMATCH`. The names of the project and of the root flow
 * may differ: they stand in no path.
 */
export function checkMatch(saved: SavedModel, declared: SavedModel): void {
  refuse('FLOW_MISMATCH', flowDifference(saved.graph, declared.graph));
  refuse('WEIGHTS_MISMATCH', weightsDifference(saved.weights, declared.weights));
  refuse('THRESHOLDS_MISMATCH', thresholdsDifference(saved.thresholds, declared.thresholds));
}

/** The first difference in flow order: inputs, then tasks and flows from the root down. */
export function flowDifference(saved: FlowGraph, declared: FlowGraph): Difference | null {
  return (
    keysDifference('inputs.', 'input', Object.keys(saved.inputs).sort(), Object.keys(declared.inputs).sort()) ??
    firstOf(Object.keys(declared.inputs), (name) =>
      fieldsDifference(`inputs.${name}`, saved.inputs[name] ?? {}, declared.inputs[name] ?? {}),
    ) ??
    membersDifference(saved.root, declared.root)
  );
}

function membersDifference(saved: FlowNode, declared: FlowNode): Difference | null {
  const paths = (node: FlowNode): string[] => node.members.map((member) => member.path);
  const byPath = new Map(saved.members.map((member) => [member.path, member]));
  return (
    keysDifference('', 'task or flow', paths(saved), paths(declared)) ??
    firstOf(declared.members, (member) => nodeDifference(byPath.get(member.path) ?? member, member))
  );
}

function nodeDifference(saved: Node, declared: Node): Difference | null {
  if (saved.type === 'flow' && declared.type === 'flow') {
    return (
      fieldsDifference(declared.path, { condition: saved.condition }, { condition: declared.condition }) ??
      membersDifference(saved, declared)
    );
  }
  return fieldsDifference(declared.path, withoutMembers(saved), withoutMembers(declared));
}

function withoutMembers(node: Node): object {
  return node.type === 'flow' ? { type: node.type } : node;
}

/** `names` are compared with their order: it is the order of the heads. */
function keysDifference(
  prefix: string,
  what: string,
  saved: readonly string[],
  declared: readonly string[],
): Difference | null {
  const missing = declared.find((name) => !saved.includes(name));
  if (missing !== undefined) {
    const problem = `The saved model has no such ${what}.`;
    return { path: prefix + missing, problem, expected: declared, received: saved };
  }
  const extra = saved.find((name) => !declared.includes(name));
  if (extra !== undefined) {
    const problem = `The saved model has this ${what}, the program has not.`;
    return { path: prefix + extra, problem, expected: declared, received: saved };
  }
  const place = declared.findIndex((name, i) => name !== saved[i]);
  if (place < 0) return null;
  const path = prefix + declared[place];
  return { path, problem: `The order of the ${what}s differs.`, expected: declared, received: saved };
}

function fieldsDifference(path: string, saved: object, declared: object): Difference | null {
  const theirs = new Map<string, unknown>(Object.entries(saved));
  const ours = new Map<string, unknown>(Object.entries(declared));
  return firstOf([...new Set([...ours.keys(), ...theirs.keys()])], (field) => {
    const [expected, received] = [ours.get(field), theirs.get(field)];
    if (canonical(expected) === canonical(received)) return null;
    if (isRecord(expected) && isRecord(received)) return fieldsDifference(`${path}.${field}`, received, expected);
    return { path: `${path}.${field}`, problem: 'The saved model differs here.', expected, received };
  });
}

function weightsDifference(saved: SavedModel['weights'], declared: SavedModel['weights']): Difference | null {
  const ours = Object.keys(declared).sort();
  return (
    keysDifference('', 'weight', Object.keys(saved).sort(), ours) ??
    firstOf(ours, (name) => {
      const [expected, received] = [signature(declared, name), signature(saved, name)];
      const problem = 'The shape or type of the weight differs.';
      return expected === received ? null : { path: name, problem, expected, received };
    })
  );
}

const signature = (weights: SavedModel['weights'], name: string): string =>
  `${weights[name]?.dtype} [${weights[name]?.shape.join(', ')}]`;

function thresholdsDifference(saved: SavedModel['thresholds'], declared: SavedModel['thresholds']): Difference | null {
  return (
    keysDifference('', 'task with thresholds', [...saved.keys()].sort(), [...declared.keys()].sort()) ??
    firstOf([...declared], ([path, thresholds]) => {
      const [expected, received] = [thresholds.length, saved.get(path)?.length];
      const problem = 'The number of thresholds differs.';
      return expected === received ? null : { path, problem, expected, received };
    })
  );
}

function refuse(code: ErrorCode, difference: Difference | null): void {
  if (!difference) return;
  throw new HeadgateError({
    code,
    path: difference.path,
    problem: difference.problem,
    expected: show(difference.expected),
    received: show(difference.received),
    mend: 'Load it with the project that saved it, or train and save this one.',
  });
}

function firstOf<T>(items: Iterable<T>, difference: (item: T) => Difference | null): Difference | null {
  for (const item of items) {
    const found = difference(item);
    if (found) return found;
  }
  return null;
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with sorted keys: equal text means equal values. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
