/** @file Conditions as values: asked of task handles, combined with and, or, not. */
import { HeadgateError, show } from '../errors.js';
import type { ConditionNode } from './graph.js';
import { above, type Extent, requireExtent } from './limits.js';
import { describeMember } from './member.js';

/** Where a condition keeps its graph node: a symbol, so that it never meets a task's or a predicate's name. */
export const CONDITION: unique symbol = Symbol('headgate.condition');

/** Something that on a given row holds, does not hold, or is unknown. Immutable. */
export interface Condition {
  /** Paths are relative to the flow in which the condition was written. */
  readonly [CONDITION]: ConditionNode;
  /** Holds where this is known not to hold. */
  readonly not: () => Condition;
}

/** Extents of the nodes made here. They are kept, since a shared part counts as often as it is used. */
const extents = new WeakMap<ConditionNode, Extent>();

export function extentOf(node: ConditionNode | null): Extent {
  return (node && extents.get(node)) ?? { depth: 0, nodes: 0 };
}

/** Every condition is made here: frozen, and within the limits of a flow. Throws `FLOW_TOO_LARGE`. */
function made(node: ConditionNode): ConditionNode {
  const parts = node.type === 'predicate' ? [] : node.type === 'not' ? [node.of] : node.of;
  const extent = above(parts.map(extentOf));
  requireExtent(extent, node.type === 'predicate' ? node.path : node.type);
  extents.set(node, extent);
  Object.freeze(parts);
  return Object.freeze(node);
}

export function conditionOf(node: ConditionNode): Condition {
  const own = made(node);
  return Object.freeze({ [CONDITION]: own, not: () => conditionOf({ type: 'not', of: own }) });
}

/**
 * Holds where all parts hold; known not to hold where any part is known not to.
 *
 * @throws HeadgateError `NOT_A_CONDITION`, `FLOW_TOO_LARGE`
 */
export function and(...parts: readonly [Condition, ...Condition[]]): Condition {
  return conditionOf({ type: 'and', of: nodesOf(parts, 'and') });
}

/**
 * Holds where any part holds; known not to hold where all parts are known not to.
 *
 * @throws HeadgateError `NOT_A_CONDITION`, `FLOW_TOO_LARGE`
 */
export function or(...parts: readonly [Condition, ...Condition[]]): Condition {
  return conditionOf({ type: 'or', of: nodesOf(parts, 'or') });
}

/** Holds where `part` is known not to hold. Throws `NOT_A_CONDITION`, `FLOW_TOO_LARGE`. */
export function not(part: Condition): Condition {
  return conditionOf({ type: 'not', of: nodeOf(part, 'not') });
}

function nodesOf(parts: readonly Condition[], word: string): readonly ConditionNode[] {
  if (parts.length === 0) throw notACondition(word, 'nothing');
  return parts.map((part) => nodeOf(part, word));
}

/**
 * What a member's `given`, called once more, adds up to: all must hold.
 *
 * @throws HeadgateError `FLOW_TOO_LARGE`
 */
export function bothOf(before: ConditionNode | null, condition: ConditionNode): ConditionNode {
  if (before === null) return condition;
  return made({ type: 'and', of: before.type === 'and' ? [...before.of, condition] : [before, condition] });
}

/** The node of what a user gave as a condition. Throws `NOT_A_CONDITION`, for untyped callers. */
export function nodeOf(condition: unknown, path: string): ConditionNode {
  const node: unknown = typeof condition === 'object' && condition !== null ? Reflect.get(condition, CONDITION) : null;
  if (node) return node as ConditionNode; // only conditionOf sets the symbol
  const member = describeMember(condition);
  throw notACondition(path, member?.what ?? show(condition), member?.mend);
}

function notACondition(path: string, received: string, mend?: string): HeadgateError {
  return new HeadgateError({
    code: 'NOT_A_CONDITION',
    path,
    problem: 'a condition is needed here',
    expected: 'a binary task, or a question to a task such as shirt.is("red"), or these combined with and, or, not',
    received,
    mend,
  });
}

/** The same condition with every path below `prefix`. */
export function withPrefix(node: ConditionNode, prefix: string): ConditionNode {
  if (prefix === '') return node;
  if (node.type === 'predicate') return Object.freeze({ ...node, path: prefix + node.path });
  if (node.type === 'not') return Object.freeze({ type: 'not', of: withPrefix(node.of, prefix) });
  return Object.freeze({ type: node.type, of: Object.freeze(node.of.map((part) => withPrefix(part, prefix))) });
}
