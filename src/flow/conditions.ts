/** @file Conditions as values: asked of task handles, combined with and, or, not. */
import type { ConditionNode } from './graph.js';

/** Where a condition keeps its graph node: a symbol, so that it never meets a task's or a predicate's name. */
export const CONDITION: unique symbol = Symbol('headgate.condition');

/** Something that on a given row holds, does not hold, or is unknown. Immutable. */
export interface Condition {
  /** Paths are relative to the flow in which the condition was written. */
  readonly [CONDITION]: ConditionNode;
  /** Holds where this is known not to hold. */
  readonly not: () => Condition;
}

export function conditionOf(node: ConditionNode): Condition {
  const frozen = Object.freeze(node);
  return Object.freeze({ [CONDITION]: frozen, not: () => conditionOf({ type: 'not', of: frozen }) });
}

/** Holds where all parts hold; known not to hold where any part is known not to. */
export function and(...parts: readonly [Condition, ...Condition[]]): Condition {
  return conditionOf({ type: 'and', of: Object.freeze(parts.map((part) => part[CONDITION])) });
}

/** Holds where any part holds; known not to hold where all parts are known not to. */
export function or(...parts: readonly [Condition, ...Condition[]]): Condition {
  return conditionOf({ type: 'or', of: Object.freeze(parts.map((part) => part[CONDITION])) });
}

/** Holds where `part` is known not to hold. */
export function not(part: Condition): Condition {
  return part.not();
}

/** The same condition with every path below `prefix`. Shared parts stay shared. */
export function withPrefix(node: ConditionNode, prefix: string): ConditionNode {
  if (prefix === '') return node;
  if (node.type === 'predicate') return Object.freeze({ ...node, path: prefix + node.path });
  if (node.type === 'not') return Object.freeze({ type: 'not', of: withPrefix(node.of, prefix) });
  return Object.freeze({ type: node.type, of: Object.freeze(node.of.map((part) => withPrefix(part, prefix))) });
}
