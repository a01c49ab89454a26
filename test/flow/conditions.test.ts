import { expect, test } from 'vitest';
import { CONDITION, type Condition, conditionOf, withPrefix } from '../../src/flow/conditions.js';
import { and, not, or } from '../../src/index.js';
import { refusal } from './refusal.js';

const a = conditionOf({ type: 'predicate', path: 'a', predicate: 'is', args: ['x'] });
const b = conditionOf({ type: 'predicate', path: 'b', predicate: 'isTrue', args: [] });

test('conditions are frozen to the last part', () => {
  const node = or(and(a, b), not(a))[CONDITION];
  expect(Object.isFrozen(node)).toBe(true);
  expect(Object.isFrozen(node.type === 'or' && node.of)).toBe(true);
  expect(Object.isFrozen(node.type === 'or' && node.of[0])).toBe(true);
});

test('negating leaves the negated as it was', () => {
  const negated = a.not();
  expect(negated[CONDITION]).toEqual({ type: 'not', of: a[CONDITION] });
  expect(a[CONDITION].type).toBe('predicate');
  expect(not(negated)[CONDITION]).toEqual({ type: 'not', of: negated[CONDITION] });
});

test('one part is enough; no part, or something else, is refused', () => {
  expect(and(a)[CONDITION]).toEqual({ type: 'and', of: [a[CONDITION]] });
  const none: readonly Condition[] = [];
  for (const [combine, word] of [
    [and, 'and'],
    [or, 'or'],
  ] as const) {
    const error = refusal(() => combine(...(none as [Condition])));
    expect(error.code).toBe('NOT_A_CONDITION');
    expect(error.path).toBe(word);
    expect(error.received).toBe('nothing');
    expect(refusal(() => combine(a, [b] as unknown as Condition)).code).toBe('NOT_A_CONDITION');
  }
  expect(refusal(() => not('a' as unknown as Condition)).received).toBe('"a"');
});

test('a prefix reaches every question', () => {
  expect(withPrefix(or(and(a, b), not(a))[CONDITION], 'flow.')).toEqual({
    type: 'or',
    of: [
      {
        type: 'and',
        of: [
          { type: 'predicate', path: 'flow.a', predicate: 'is', args: ['x'] },
          { type: 'predicate', path: 'flow.b', predicate: 'isTrue', args: [] },
        ],
      },
      { type: 'not', of: { type: 'predicate', path: 'flow.a', predicate: 'is', args: ['x'] } },
    ],
  });
});
