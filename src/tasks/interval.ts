/** @file The questions that a condition may ask of a number. */
import { HeadgateError, show } from '../errors.js';
import type { ElementTest } from '../flow/declaration.js';

/** Bounds are in label units and strict: `above(10)` is false at 10, `between(low, high)` is the open interval. */
export type IntervalPredicates = {
  readonly above: (bound: number) => ElementTest;
  readonly below: (bound: number) => ElementTest;
  readonly between: (low: number, high: number) => ElementTest;
};

/** Each throws `INVALID_PREDICATE` for a bound that is not a finite number or lies outside `[min, max]`. */
export function intervalPredicates(kind: string, min: number, max: number): IntervalPredicates {
  const checked = (predicate: string, bound: unknown): number => {
    if (typeof bound === 'number' && Number.isFinite(bound) && bound >= min && bound <= max) return bound;
    throw new HeadgateError({
      code: 'INVALID_PREDICATE',
      path: `${kind}.${predicate}`,
      problem: `The bound of ${predicate}(…) cannot be used.`,
      expected: Number.isFinite(min) ? `a number from ${min} to ${max}, in label units` : 'a finite number',
      received: show(bound),
      mend: 'Outside the range of the task the answer would always be the same.',
    });
  };
  return Object.freeze<IntervalPredicates>({
    above: (bound) => ({ element: 0, above: checked('above', bound) }),
    below: (bound) => ({ element: 0, below: checked('below', bound) }),
    between: (low, high) => {
      const test = { element: 0, above: checked('between', low), below: checked('between', high) };
      if (test.above < test.below) return test;
      throw new HeadgateError({
        code: 'INVALID_PREDICATE',
        path: `${kind}.between`,
        problem: 'The interval is empty.',
        expected: 'between(low, high) with low < high',
        received: `between(${low}, ${high})`,
      });
    },
  });
}
