import { expect, test } from 'vitest';
import type { UntypedFlowFunction } from '../../src/flow/declare.js';
import { binary, Project, vector } from '../../src/index.js';
import { refusal } from './refusal.js';

const project = new Project({
  name: 'faces',
  inputs: { row: vector({ size: 3 }) },
  tasks: { a: binary(), b: binary(), c: binary() },
  backbone: ({ row }) => ({ features: row, left: row, right: row }),
}).flow('pair', (task, x) => [task.a(x.left), task.b(x.features)]);

// biome-ignore lint/suspicious/noExplicitAny: stands for callers that no compiler has checked
const untyped = (run: (task: any, x: any) => unknown): never => run as unknown as UntypedFlowFunction as never;

const featuresOf = (of: {
  readonly resolved: { readonly tasks: readonly { readonly path: string; readonly feature: string }[] };
}): Record<string, string> => Object.fromEntries(of.resolved.tasks.map(({ path, feature }) => [path, feature]));

test('a nested flow given all features reads those that it names', () => {
  expect(featuresOf(project.flow('full', (task, x) => [task.pair(x)]))).toEqual({
    'pair.a': 'left',
    'pair.b': 'features',
  });
});

test('a nested flow may be given others under its names, through any number of flows', () => {
  const once = project.flow('once', (task, x) => [task.pair({ left: x.right, features: x.left }), task.c(x.features)]);
  expect(featuresOf(once)).toEqual({ 'pair.a': 'right', 'pair.b': 'left', c: 'features' });
  const twice = once.flow('twice', (task, x) => [task.once({ right: x.features, left: x.right, features: x.left })]);
  expect(featuresOf(twice)).toEqual({ 'once.pair.a': 'features', 'once.pair.b': 'right', 'once.c': 'left' });
});

test('a feature that a nested flow reads and is not given', () => {
  const error = refusal(() => project.flow('full', (task, x) => [task.pair({ left: x.right })]).graph);
  expect(error.message).toBe(
    'UNKNOWN_FEATURE at pair: the nested flow reads the feature "features", which it was not given\n' +
      '  expected: one of left\n  received: features\n  Pass it: task.pair({ features: … }).',
  );
  const slip = refusal(
    () =>
      project.flow(
        'full',
        untyped((task, x) => [task.pair({ left: x.right, feature: x.left })]),
      ).graph,
  );
  expect(slip.suggestion).toBe('feature');
});

test.each<[string, (x: { features: unknown }) => unknown, string]>([
  ['all features', (x) => x, 'all features'],
  ['a name', () => 'features', '"features"'],
  ['nothing', () => undefined, 'undefined'],
  ['null', () => null, 'null'],
  ['another object', () => ({ features: 1 }), '{"features":1}'],
])('a task given %s instead of a feature', (_, argument, received) => {
  const error = refusal(() =>
    project.flow(
      'full',
      untyped((task, x) => [task.a(argument(x))]),
    ),
  );
  expect(error.code).toBe('NOT_A_FEATURE');
  expect(error.path).toBe('full.a');
  expect(error.received).toBe(received);
  expect(error.mend).toContain('task.a(x.features)');
});

test.each<[string, (x: { features: unknown }) => unknown, string]>([
  ['one feature', (x) => x.features, 'the feature "features"'],
  ['a name', () => 'features', '"features"'],
  ['nothing', () => undefined, 'undefined'],
  ['names of features', () => ({ left: 'right' }), '"right"'],
])('a flow given %s', (_, argument, received) => {
  const error = refusal(() =>
    project.flow(
      'full',
      untyped((task, x) => [task.pair(argument(x))]),
    ),
  );
  expect(error.code).toBe('NOT_A_FEATURE');
  expect(error.path).toBe('full.pair');
  expect(error.received).toBe(received);
});

test('features can be taken apart, passed on and not set', () => {
  const taken = project.flow('full', (task, { left, right }) => [task.a(left), task.b(right)]);
  expect(featuresOf(taken)).toEqual({ a: 'left', b: 'right' });
  expect(() =>
    project.flow(
      'full',
      untyped((task, x) => {
        x.features = x.left;
        return [task.a(x.features)];
      }),
    ),
  ).toThrow(TypeError);
});
