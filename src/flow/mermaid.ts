/** @file A FlowGraph as a Mermaid flowchart: tasks as nodes, nested flows as boxes, conditions as arrows. */
import { predicatesIn } from './conditions.js';
import type { FlowGraph, FlowNode, TaskNode } from './graph.js';
import { gateWords, kindText, printCondition } from './print.js';

/** Text for any Mermaid renderer. An arrow from a task says that the target's condition asks about it. */
export function toMermaid(graph: FlowGraph): string {
  const ids = new Map<string, string>();
  const id = (path: string): string => {
    const known = ids.get(path) ?? `n${ids.size}`;
    ids.set(path, known);
    return known;
  };
  const nodes: string[] = [];
  const arrows: string[] = [];
  const visit = (flow: FlowNode, indent: string): void => {
    for (const member of flow.members) {
      const own = id(member.path);
      if (member.type === 'task')
        nodes.push(`${indent}${own}["${escaped(member.name)}<br/><small>${escaped(kindText(member))}</small>"]`);
      else {
        nodes.push(`${indent}subgraph ${own}["${escaped(member.name)}"]`);
        visit(member, `${indent}  `);
        nodes.push(`${indent}end`);
      }
      arrows.push(...arrowsTo(member, id));
    }
  };
  visit(graph.root, '  ');
  return ['flowchart LR', ...nodes, ...arrows].join('\n');
}

function arrowsTo(member: TaskNode | FlowNode, id: (path: string) => string): string[] {
  const { condition } = member;
  const asked = [...new Set(predicatesIn(condition).map((node) => node.path))];
  // With one asked task its path need not be repeated on the arrow.
  const [only] = asked;
  const text = condition === null ? '' : printCondition(condition) + gateWords(member);
  const label = asked.length === 1 && text === only ? '' : `|"${escaped(text)}"|`;
  return asked.map((path, i) => `  ${id(path)} -->${i === 0 ? label : ''} ${id(member.path)}`);
}

/** Mermaid's own codes. `#` goes first, since the others begin with it. */
const codes = [
  ['#', '#35;'],
  ['&', '#amp;'],
  ['"', '#quot;'],
  ['<', '#lt;'],
  ['>', '#gt;'],
] as const;

function escaped(text: string): string {
  return codes.reduce((before, [character, code]) => before.replaceAll(character, code), text);
}
