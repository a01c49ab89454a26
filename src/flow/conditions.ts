/** @file Conditions as values: asked of task handles, combined with and, or, not. */
import { HeadgateError, show } from '../errors.js';
import { featureWords } from './features.js';
import type { ConditionNode, PredicateNode } from './graph.js';
import { above, type Extent, requireExtent } from './limits.js';
import { describeMember } from './member.js';

/** Where a condition keeps its graph node: a symbol, so that it never meets a task's or a predicate's name. */
export const CONDITION: unique symbol = Symbol('headgate.condition');

/** What a pass makes of each type of condition. */
export type ConditionCases<R> = {
  readonly [T in ConditionNode['type']]: (node: Extract<ConditionNode, { readonly type: T }>) => R;
};

/**
 * The one place where conditions are told apart. A new type of node does not compile until every pass has a case for
 * it.
 */
export function matchCondition<R>(node: ConditionNode, cases: ConditionCases<R>): R {
  // the case of a node's own type takes that node: what the compiler cannot see across the union
  const own = cases[node.type] as (node: ConditionNode) => R;
  return own(node);
}

/** The conditions of which a condition is made. */
export function partsOf(node: ConditionNode): readonly ConditionNode[] {
  return matchCondition(node, {
    predicate: () => [],
    not: ({ of }) => [of],
    and: ({ of }) => of,
    or: ({ of }) => of,
  });
}

/** Every predicate that a condition asks, as it is written. Iterative: it also walks what was not checked yet. */
export function predicatesIn(condition: ConditionNode | null): PredicateNode[] {
  const found: PredicateNode[] = [];
  const pending = condition === null ? [] : [condition];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === 'predicate') found.push(node);
    else pending.push(...[...partsOf(node)].reverse());
  }
  return found;
}

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

/**
 * Every condition is made here: frozen, and within the limits of a flow.
 *
 * @throws HeadgateError `FLOW_TOO_LARGE`
 */
function made(node: ConditionNode): ConditionNode {
  const parts = partsOf(node);
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
 * @example
 * project.flow('full', (task, x) => {
 *   const open = task.doorOpen(x.features);
 *   const shirt = task.shirt(x.features);
 *   return [open, shirt, task.alarm(x.features).given(and(open, shirt.is('red')))];
 * });
 */
export function and(...parts: readonly [Condition, ...Condition[]]): Condition {
  return conditionOf({ type: 'and', of: nodesOf(parts, 'and') });
}

/**
 * Holds where any part holds; known not to hold where all parts are known not to.
 *
 * @throws HeadgateError `NOT_A_CONDITION`, `FLOW_TOO_LARGE`
 * @example
 * project.flow('full', (task, x) => {
 *   const open = task.doorOpen(x.features);
 *   const shirt = task.shirt(x.features);
 *   return [open, shirt, task.alarm(x.features).given(or(open, shirt.in(['red', 'blue'])))];
 * });
 */
export function or(...parts: readonly [Condition, ...Condition[]]): Condition {
  return conditionOf({ type: 'or', of: nodesOf(parts, 'or') });
}

/**
 * Holds where `part` is known not to hold; unknown where it is unknown.
 *
 * @throws HeadgateError `NOT_A_CONDITION`, `FLOW_TOO_LARGE`
 * @example
 * project.flow('full', (task, x) => {
 *   const open = task.doorOpen(x.features);
 *   return [open, task.alarm(x.features).given(not(open))]; // or given(open.not())
 * });
 */
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

export function isCondition(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Boolean(Reflect.get(value, CONDITION));
}

/**
 * The node of what a user gave as a condition.
 *
 * @throws HeadgateError `NOT_A_CONDITION`, for untyped callers
 */
export function nodeOf(condition: unknown, path: string): ConditionNode {
  const node: unknown = typeof condition === 'object' && condition !== null ? Reflect.get(condition, CONDITION) : null;
  if (node) return node as ConditionNode; // only conditionOf sets the symbol
  const member = describeMember(condition);
  throw notACondition(path, member?.what ?? featureWords(condition) ?? show(condition), member?.mend);
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
  const all = (parts: readonly ConditionNode[]): readonly ConditionNode[] =>
    Object.freeze(parts.map((part) => withPrefix(part, prefix)));
  return matchCondition<ConditionNode>(node, {
    predicate: (own) => Object.freeze({ ...own, path: prefix + own.path }),
    not: ({ of }) => Object.freeze({ type: 'not', of: withPrefix(of, prefix) }),
    and: ({ of }) => Object.freeze({ type: 'and', of: all(of) }),
    or: ({ of }) => Object.freeze({ type: 'or', of: all(of) }),
  });
}
