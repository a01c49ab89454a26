/** @file A FlowGraph as a text tree, its conditions in the words in which they were written. */
import type { ConditionNode, FlowGraph, FlowNode, TaskNode } from './graph.js';

/** One line a task or nested flow, in flow order. */
export function printGraph(graph: FlowGraph): string {
  return [graph.name, ...branches(graph.root, '')].join('\n');
}

function branches(flow: FlowNode, indent: string): string[] {
  return flow.members.flatMap((member, i) => {
    const isLast = i === flow.members.length - 1;
    const own = `${indent}${isLast ? '└── ' : '├── '}${lineOf(member)}`;
    return member.type === 'task' ? [own] : [own, ...branches(member, `${indent}${isLast ? '    ' : '│   '}`)];
  });
}

function lineOf(member: TaskNode | FlowNode): string {
  const parts = member.type === 'task' ? [member.name, `(${member.kind})`] : [member.name];
  if (member.condition !== null) parts.push(`given ${printCondition(member.condition)}`);
  return parts.join(' ');
}

/** `doorOpen and not cameraBlocked`, `shirt.is("red") or (a and b)`. */
export function printCondition(node: ConditionNode): string {
  if (node.type === 'predicate') {
    if (node.args.length === 0) return node.path;
    return `${node.path}.${node.predicate}(${node.args.map((arg) => JSON.stringify(arg)).join(', ')})`;
  }
  if (node.type === 'not') return `not ${inner(node.of)}`;
  return node.of.map(inner).join(` ${node.type} `);
}

/** In parentheses where the reader would otherwise have to know which operator binds first. */
function inner(node: ConditionNode): string {
  const text = printCondition(node);
  const isJoined = (node.type === 'and' || node.type === 'or') && node.of.length > 1;
  return isJoined ? `(${text})` : text;
}
