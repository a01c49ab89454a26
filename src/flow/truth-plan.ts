/** @file The conditions of a flow as a list of steps, each distinct one once, in an order in which they can be evaluated. */
import { matchCondition } from './conditions.js';
import type { ElementTest } from './declaration.js';
import type { Flow } from './flow.js';
import type { ConditionNode, PredicateNode } from './graph.js';

/**
 * One distinct condition. Its truths go into the register of its own place, `positions` of them for each row; it reads
 * those of earlier steps, which have as many.
 */
export type Step = { readonly positions: number } & (
  | { readonly type: 'always' }
  | TestStep
  | { readonly type: 'not'; readonly of: number }
  | { readonly type: 'and' | 'or'; readonly of: readonly number[] }
  /** What holds for a row, or at a position along the first axes, holds at each of the positions below it. */
  | { readonly type: 'spread'; readonly of: number; readonly factor: number }
  /** Whether the rows have the positions along which this task answers. */
  | { readonly type: 'there'; readonly path: string }
);

interface TestStep {
  readonly type: 'test';
  readonly applied: number;
  /** First element of the task within a row, and elements of one of its answers. */
  readonly offset: number;
  readonly width: number;
  readonly test: ElementTest;
}

/** Registers that a step reads. */
export function readBy(step: Step): readonly number[] {
  switch (step.type) {
    case 'always':
    case 'there':
      return [];
    case 'test':
      return [step.applied];
    case 'not':
    case 'spread':
      return [step.of];
    case 'and':
    case 'or':
      return step.of;
  }
}

export interface Plan {
  /** In an order in which each reads only earlier ones; questions asked later add to them. */
  readonly steps: readonly Step[];
  /** Where the truth of a task's full condition is, at each of its positions. */
  readonly ofTask: (path: string) => number;
  /** Of a condition by itself: as many truths a row as the tasks that it asks about have positions. */
  readonly of: (condition: ConditionNode) => number;
}

/**
 * Equal conditions become one step.
 *
 * @param isRagged whether some rows lack positions of the task at a path: it applies at none of these
 */
export function createPlan(
  flow: Flow,
  offsetOf: (path: string) => number,
  isRagged: (path: string) => boolean = () => false,
): Plan {
  const steps: Step[] = [];
  const known = new Map<string, number>();
  const ofTask = new Map<string, number>();
  /** Keys name parts by their registers, so they stay short however deep conditions nest. */
  const step = (key: string, make: () => Step): number => {
    const register = known.get(key) ?? steps.push(make()) - 1;
    known.set(key, register);
    return register;
  };
  const positionsIn = (register: number): number => (steps[register] as Step).positions; // a step's own place
  const spread = (of: number, positions: number): number => {
    const factor = positions / positionsIn(of); // whole: the axes of what is asked are the first of the asker's
    if (factor === 1) return of;
    return step(`spread ${of} ${positions}`, () => ({ type: 'spread', of, factor, positions }));
  };
  const join = (type: 'and' | 'or', parts: readonly ConditionNode[]): number => {
    const own = parts.map(registerOf);
    const positions = Math.max(...own.map(positionsIn)); // those along most axes; the others' axes are the first of these
    const of = own.map((part) => spread(part, positions));
    return step(`${type} ${of.join()}`, () => ({ type, of, positions }));
  };
  const registerOf = (condition: ConditionNode | null): number => {
    if (condition === null) return step('always', () => ({ type: 'always', positions: 1 }));
    return matchCondition(condition, {
      predicate: (node) => {
        const applied = ofTask.get(node.path) as number; // planned before, by topological order
        const offset = offsetOf(node.path);
        const { kind, positions } = flow.task(node.path);
        const key = JSON.stringify([node.path, node.predicate, node.args]);
        const test = (): Step => {
          return { type: 'test', applied, offset, width: kind.width, positions, test: elementTest(flow, node) };
        };
        return step(key, test);
      },
      not: (node) => {
        const of = registerOf(node.of);
        return step(`not ${of}`, () => ({ type: 'not', of, positions: positionsIn(of) }));
      },
      and: (node) => join('and', node.of),
      or: (node) => join('or', node.of),
    });
  };
  for (const { path, condition, axis, positions } of flow.evaluationOrder) {
    const own = spread(registerOf(condition), positions);
    if (!isRagged(path)) ofTask.set(path, own);
    else {
      const there = step(
        `there ${axis}`, // tasks along the same axes have the same positions
        () => ({ type: 'there', path, positions }),
      );
      ofTask.set(
        path,
        step(`and ${there},${own}`, () => ({ type: 'and', of: [there, own], positions })),
      );
    }
  }
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
