/** @file Which part of a condition is said to have failed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../src/evaluate/decisions.js';
import { createReasons } from '../../src/evaluate/reasons.js';
import type { ConditionNode } from '../../src/flow/graph.js';
import { printCondition } from '../../src/flow/print.js';
import { binary } from '../../src/index.js';
import { initialThresholds } from '../../src/score/scores.js';
import { and, ask, bench, not, or, scoresFrom } from './flows.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
type Values = Readonly<Record<string, boolean>>;

/** A condition that asks about each task once at most. */
function conditionOf(names: readonly string[], bits: readonly number[], depth = 0): ConditionNode {
  const bit = Number(bits[depth]) + names.length;
  const [first = 'a'] = names;
  if (names.length === 1) return bit % 2 === 0 ? ask(first) : not(ask(first));
  const cut = 1 + (bit % (names.length - 1));
  const parts = [names.slice(0, cut), names.slice(cut)].map((some, i) => conditionOf(some, bits, depth + 1 + i));
  const whole = bit % 3 === 0 ? and(...parts) : or(...parts);
  return bit % 5 === 0 ? not(whole) : whole;
}

function holds(node: ConditionNode, values: Values): boolean {
  switch (node.type) {
    case 'predicate':
      return values[node.path] === true;
    case 'not':
      return !holds(node.of, values);
    case 'and':
      return node.of.every((part) => holds(part, values));
    case 'or':
      return node.of.some((part) => holds(part, values));
  }
}

const own = bench(Object.fromEntries([...NAMES, 't'].map((name) => [name, binary()])), [...NAMES, 't']);

test('a condition fails exactly where tasks are named, and would hold were each of them the other way round', () => {
  const seen = { failed: 0, several: 0 };
  fc.assert(
    fc.property(
      fc.array(fc.nat(29), { minLength: 12, maxLength: 12 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      (bits, answers) => {
        const condition = conditionOf(NAMES, bits);
        const values = Object.fromEntries(NAMES.map((name, i) => [name, answers[i] === true]));
        const scores = scoresFrom(1, {
          ...Object.fromEntries(NAMES.map((name) => [name, [[values[name] ? 0.9 : 0.2]]])),
          t: [[0.5]],
        });
        const reasons = createReasons(own.layout, decide(own.layout, scores, initialThresholds(own.flow.tasks)));
        const text = reasons(condition, 0);
        const said = text.slice(`${printCondition(condition)}: `.length);
        expect(text).toBe(`${printCondition(condition)}: ${said}`);
        const named = said === '' ? [] : said.split(', ').map((fact) => fact.slice(0, 1));
        expect(said).toBe(
          named.map((name) => `${name} is ${values[name] ? 'True (0.90)' : 'False (0.20)'}`).join(', '),
        );
        expect(named.length > 0).toBe(!holds(condition, values));
        const turned = Object.fromEntries(NAMES.map((name) => [name, values[name] !== named.includes(name)]));
        expect(holds(condition, turned)).toBe(true);
        if (named.length > 0) seen.failed++;
        if (named.length > 1) seen.several++;
      },
    ),
    { numRuns: 200, seed: 1 },
  );
  expect(Math.min(seen.failed, seen.several)).toBeGreaterThan(20);
});

test('a task that fails a condition twice is named once', () => {
  const scores = scoresFrom(1, { ...Object.fromEntries(NAMES.map((name) => [name, [[0.2]]])), t: [[0.5]] });
  const reasons = createReasons(own.layout, decide(own.layout, scores, initialThresholds(own.flow.tasks)));
  expect(reasons(and(ask('a'), or(ask('a'), ask('b'))), 0)).toBe(
    'a and (a or b): a is False (0.20), b is False (0.20)',
  );
});
