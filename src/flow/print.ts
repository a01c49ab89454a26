/** @file A FlowGraph as a text tree, its conditions in the words in which they were written. */
import { columnsOf, visible } from '../text.js';
import { matchCondition } from './conditions.js';
import type { AndNode, ConditionNode, FlowGraph, FlowNode, OrNode, PredicateNode, TaskNode } from './graph.js';

/** A task that is true: its name alone says so. Questions of other names are printed as they are asked. */
const TRUTH = 'isTrue';

/** Columns that a line takes at most, where a condition can be broken before `and` or `or`. */
const WIDTH = 80;

/** A line for each task and nested flow, in flow order; long conditions go on below. */
export function printGraph(graph: FlowGraph): string {
  return [visible(graph.name), ...branches(graph.root, '')].join('\n');
}

function branches(flow: FlowNode, indent: string): string[] {
  return flow.members.flatMap((member, i) => {
    const isLast = i === flow.members.length - 1;
    const below = `${indent}${isLast ? '    ' : '│   '}`;
    const [first, ...others] = linesOf(member, WIDTH - below.length);
    const guide = member.type === 'flow' ? `${below}│   ` : `${below}    `;
    const own = [`${indent}${isLast ? '└── ' : '├── '}${first}`, ...others.map((line) => guide + line)];
    return member.type === 'task' ? own : [...own, ...branches(member, below)];
  });
}

function linesOf(member: TaskNode | FlowNode, width: number): string[] {
  const own = member.type === 'task' ? `${member.name} (${kindText(member)})` : member.name;
  const name = member.pathway === undefined ? own : `${own} via ${member.pathway}`;
  const { condition } = member;
  if (condition === null) return [name];
  const lines = [`${name} given`];
  for (const text of partsOf(condition, gateWords(member))) {
    const room = lines.length === 1 ? width : width - 4;
    const last = lines.at(-1) as string; // there is one from the start
    if (columnsOf(last) + 1 + columnsOf(text) <= room) lines[lines.length - 1] += ` ${text}`;
    else lines.push(text);
  }
  return lines;
}

/** `binary`, `binary along token`, `binary along sentence × token`. */
export function kindText({ kind, axis }: TaskNode): string {
  return axis === undefined ? kind : `${kind} along ${[axis].flat().join(' × ')}`;
}

/** What follows a condition where unknown rows count. */
export function gateWords({ whenUnknown }: TaskNode | FlowNode): string {
  return whenUnknown === 'include' ? ' (or unknown)' : '';
}

/** Where a condition may be broken: `a`, `and not b`, `and (c or d)`. */
function partsOf(condition: ConditionNode, words: string): string[] {
  const whole = (): string[] => [printCondition(condition) + words];
  const broken = ({ type, of }: AndNode | OrNode): string[] =>
    of.map((part, i) => (i === 0 ? '' : `${type} `) + inner(part) + (i === of.length - 1 ? words : ''));
  return matchCondition(condition, { predicate: whole, not: whole, and: broken, or: broken });
}

/** `doorOpen and not cameraBlocked`, `shirt.is("red") or (a and b)`. */
export function printCondition(node: ConditionNode): string {
  const joined = ({ type, of }: AndNode | OrNode): string => of.map(inner).join(` ${type} `);
  return matchCondition(node, {
    predicate: printPredicate,
    not: ({ of }) => `not ${inner(of)}`,
    and: joined,
    or: joined,
  });
}

function printPredicate({ path, predicate, args }: PredicateNode): string {
  if (predicate === TRUTH && args.length === 0) return path;
  return visible(`${path}.${predicate}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
}

/** In parentheses where the reader would otherwise have to know which operator binds first. */
function inner(node: ConditionNode): string {
  const text = printCondition(node);
  const isJoined = ({ of }: AndNode | OrNode): boolean => of.length > 1;
  const parenthesised = matchCondition(node, { predicate: () => false, not: () => false, and: isJoined, or: isJoined });
  return parenthesised ? `(${text})` : text;
}
