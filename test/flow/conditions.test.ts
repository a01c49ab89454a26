import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  CONDITION,
  type Condition,
  type ConditionCases,
  conditionOf,
  matchCondition,
  partsOf,
  withPrefix,
} from '../../src/flow/conditions.js';
import type { ConditionNode } from '../../src/flow/graph.js';
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

const asked: ConditionNode = { type: 'predicate', path: 'a', predicate: 'isTrue', args: [] };
const nodes: readonly ConditionNode[] = [
  asked,
  { type: 'not', of: asked },
  { type: 'and', of: [asked, { type: 'not', of: asked }] },
  { type: 'or', of: [asked] },
];

test('a condition meets the case of its own type', () => {
  const words = nodes.map((node) =>
    matchCondition(node, {
      predicate: ({ path }) => path,
      not: ({ of }) => `not ${of.type}`,
      and: ({ of }) => `and of ${of.length}`,
      or: ({ of }) => `or of ${of.length}`,
    }),
  );
  expect(words).toEqual(['a', 'not predicate', 'and of 2', 'or of 1']);
  expect(nodes.map((node) => partsOf(node).length)).toEqual([0, 1, 2, 1]);
});

test('a pass without an answer to a type of condition does not compile', () => {
  // @ts-expect-error: nothing is said of `or`, as nothing would be said of a new type
  const incomplete: ConditionCases<number> = { predicate: () => 0, not: () => 1, and: () => 2 };
  expect(Object.keys(incomplete)).toEqual(['predicate', 'not', 'and']);
});

test('no pass tells conditions apart by itself', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  // `conditions.ts` is the one place, and steps of a plan are no conditions
  const free = new Set(['flow/conditions.ts', 'flow/truth-steps.ts', 'flow/truth-plan.ts']);
  const found = files.filter(
    (file) => !free.has(file) && /type (===|!==) '(predicate|not|and|or)'/.test(readFileSync(`src/${file}`, 'utf8')),
  );
  expect(found).toEqual([]);
});
