/** @file The conditions of a flow as a list of steps, each distinct one once, in an order in which they can be evaluated. */
import { matchCondition } from './conditions.js';
import type { ElementTest } from './declaration.js';
import type { Flow } from './flow.js';
import type { ConditionNode, PredicateNode } from './graph.js';

/** One distinct condition. Its truths go into the register of its own place; it reads those of earlier steps. */
export type Step =
  | { readonly type: 'always' }
  | { readonly type: 'test'; readonly applied: number; readonly offset: number; readonly test: ElementTest }
  | { readonly type: 'not'; readonly of: number }
  | { readonly type: 'and' | 'or'; readonly of: readonly number[] };

/** Registers that a step reads. */
export function readBy(step: Step): readonly number[] {
  switch (step.type) {
    case 'always':
      return [];
    case 'test':
      return [step.applied];
    case 'not':
      return [step.of];
    case 'and':
    case 'or':
      return step.of;
  }
}

export interface Plan {
  /** In an order in which each reads only earlier ones; questions asked later add to them. */
  readonly steps: readonly Step[];
  /** Where the truth of a task's full condition is. */
  readonly ofTask: (path: string) => number;
  readonly of: (condition: ConditionNode) => number;
}

/** Equal conditions become one step. */
export function createPlan(flow: Flow, offsetOf: (path: string) => number): Plan {
  const steps: Step[] = [];
  const known = new Map<string, number>();
  const ofTask = new Map<string, number>();
  /** Keys name parts by their registers, so they stay short however deep conditions nest. */
  const step = (key: string, make: () => Step): number => {
    const register = known.get(key) ?? steps.push(make()) - 1;
    known.set(key, register);
    return register;
  };
  const join = (type: 'and' | 'or', parts: readonly ConditionNode[]): number => {
    const of = parts.map(registerOf);
    return step(`${type} ${of.join()}`, () => ({ type, of }));
  };
  const registerOf = (condition: ConditionNode | null): number => {
    if (condition === null) return step('always', () => ({ type: 'always' }));
    return matchCondition(condition, {
      predicate: (node) => {
        const applied = ofTask.get(node.path) as number; // planned before, by topological order
        const offset = offsetOf(node.path);
        const key = JSON.stringify([node.path, node.predicate, node.args]);
        return step(key, () => ({ type: 'test', applied, offset, test: elementTest(flow, node) }));
      },
      not: (node) => {
        const of = registerOf(node.of);
        return step(`not ${of}`, () => ({ type: 'not', of }));
      },
      and: (node) => join('and', node.of),
      or: (node) => join('or', node.of),
    });
  };
  for (const task of flow.evaluationOrder) ofTask.set(task.path, registerOf(task.condition));
  return {
    steps,
    of: registerOf,
    ofTask: (path) => {
      const register = ofTask.get(path);
      if (register === undefined) throw new Error(`the flow has no task ${path}`);
      return register;
    },
  };
}

/** The test that a predicate node stands for, from its task's kind. */
function elementTest(flow: Flow, { path, predicate, args }: PredicateNode): ElementTest {
  const ask = flow.task(path).kind.predicates[predicate];
  if (ask === undefined) throw new Error(`${path} has no predicate ${predicate}: the flow was not resolved`);
  return ask(...args);
}
