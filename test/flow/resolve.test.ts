import { expect, test } from 'vitest';
import { predicatesIn } from '../../src/flow/conditions.js';
import type { ConditionNode, FlowGraph, FlowNode, TaskNode } from '../../src/flow/graph.js';
import { printCondition } from '../../src/flow/print.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { binary, boundedRegression, classification, Project, type TaskKind, vector } from '../../src/index.js';
import { refusal } from './refusal.js';

const project = new Project({
  name: 'people',
  inputs: { row: vector({ size: 3 }) },
  tasks: {
    open: binary(),
    person: binary(),
    alarm: binary(),
    faceX: boundedRegression({ min: 0, max: 64 }),
    smile: binary(),
    shirt: classification({ classes: ['red', 'blue'] }),
  },
  backbone: ({ row }) => ({ features: row }),
})
  .flow('face', (task, x) => {
    const smile = task.smile(x.features);
    return [task.faceX(x.features).given(smile), smile];
  })
  .flow('body', (task, x) => {
    const face = task.face(x);
    return [face, task.shirt(x.features).given(face.faceX.above(10))];
  });

/** Full conditions in words, by path, in flow order. */
const conditions = (of: {
  readonly resolved: { readonly tasks: readonly { readonly path: string; readonly condition: ConditionNode | null }[] };
}): Record<string, string> =>
  Object.fromEntries(
    of.resolved.tasks.map(({ path, condition }) => [path, condition === null ? '' : printCondition(condition)]),
  );

test('a condition on a whole flow reaches every leaf below it, under full paths', () => {
  const full = project.flow('full', (task, x) => {
    const person = task.person(x.features);
    const body = task.body(x).given(person);
    return [person, body, task.alarm(x.features).given(body.face.smile.not()).given(body.shirt.is('red'))];
  });
  expect(conditions(full)).toEqual({
    person: '',
    'body.face.faceX': 'person and body.face.smile',
    'body.face.smile': 'person',
    'body.shirt': 'person and body.face.faceX.above(10)',
    alarm: 'not body.face.smile and body.shirt.is("red")',
  });
  expect(full.resolved.evaluationOrder.map((task) => task.path)).toEqual([
    'person',
    'body.face.smile',
    'body.face.faceX',
    'body.shirt',
    'alarm',
  ]);
});

test('conditions of flows around flows add up, outermost first, and are shared by the leaves', () => {
  const full = project
    .flow('inner', (task, x) => {
      const person = task.person(x.features);
      return [person, task.body(x).given(person)];
    })
    .flow('full', (task, x) => {
      const open = task.open(x.features);
      return [open, task.inner(x).given(open)];
    });
  expect(conditions(full)).toEqual({
    open: '',
    'inner.person': 'open',
    'inner.body.face.faceX': '(open and inner.person) and inner.body.face.smile',
    'inner.body.face.smile': 'open and inner.person',
    'inner.body.shirt': '(open and inner.person) and inner.body.face.faceX.above(10)',
  });
  const [faceX, smile] = full.resolved.tasks.slice(2);
  expect(faceX?.condition?.type === 'and' && faceX.condition.of[0]).toBe(smile?.condition);
});

test('tasks are found by path, or refused with the nearest one', () => {
  const { resolved } = project.flow('full', (task, x) => [task.body(x)]);
  expect(resolved.task('body.shirt').kind.kind).toBe('classification');
  const error = refusal(() => resolved.task('body.shrit'));
  expect(error.message).toBe(
    'UNKNOWN_TASK at body.shrit: there is no task of this name\n' +
      '  expected: one of body.face.faceX, body.face.smile, body.shirt\n  received: body.shrit\n' +
      '  did you mean "body.shirt"?',
  );
  expect(refusal(() => resolved.task('__proto__')).code).toBe('UNKNOWN_TASK');
});

test('a cycle is printed from its first task around to it again', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const open = task.open(x.features);
      const person = task.person(x.features);
      const alarm = task.alarm(x.features);
      return [task.smile(x.features).given(open), open.given(person), person.given(alarm.not()), alarm.given(open)];
    }),
  );
  expect(error.message).toBe(
    'CONDITION_CYCLE at open: its condition depends on itself\n' +
      '  expected: conditions without a cycle\n  received: open given person given alarm given open\n' +
      '  Take one of these conditions away.',
  );
});

test('a task that asks itself, and a flow that asks its own leaf, are cycles', () => {
  // Said where it is declared, not when the graph is first asked for.
  const own = () =>
    project.flow('full', (task, x) => {
      const open = task.open(x.features);
      return [open.given(open.not())];
    });
  expect(refusal(own).received).toBe('open given open');
  const ofLeaf = () =>
    project.flow('full', (task, x) => {
      const face = task.face(x);
      return [face.given(face.smile)];
    });
  expect(refusal(ofLeaf).received).toBe('face.smile given face.smile');
});

// Graphs that no flow function makes, but a file may hold.
const ask = (path: string, predicate = 'isTrue', ...args: string[]): ConditionNode => ({
  type: 'predicate',
  path,
  predicate,
  args,
});
const leaf = (name: string, condition: ConditionNode | null = null, prefix = ''): TaskNode => ({
  type: 'task',
  name,
  path: prefix + name,
  kind: 'binary',
  options: {},
  feature: 'features',
  condition,
});
const graphOf = (...members: (TaskNode | FlowNode)[]): FlowGraph => ({
  format: 'headgate-flow',
  version: 1,
  name: 'p',
  inputs: {},
  root: { type: 'flow', name: 'full', path: '', condition: null, members },
});
const kinds = new Map<string, TaskKind>([
  ['a', binary()],
  ['bee', binary()],
  ['colour', classification({ classes: ['red', 'blue'] })],
]);

test('a condition on a task that is not there', () => {
  const error = refusal(() => resolveFlow(graphOf(leaf('a', ask('be')), leaf('bee')), kinds));
  expect(error.message).toBe(
    'CONDITION_ON_ABSENT_TASK at a: its condition asks about "be", which is not in this flow\n' +
      '  expected: one of a, bee\n  received: be\n  did you mean "bee"?\n' +
      '  Return the task that the condition asks about from the flow function, too.',
  );
});

test('a handle carried over from another flow asks about a task that is absent here', () => {
  let carried: { readonly not: () => never } | undefined;
  const error = refusal(
    () =>
      project
        .flow('first', (task, x) => {
          const open = task.open(x.features);
          carried = open as never;
          return [open];
        })
        .flow('second', (task, x) => [task.person(x.features).given(carried?.not() as never)]).graph,
  );
  expect(error.code).toBe('CONDITION_ON_ABSENT_TASK');
  expect(error.path).toBe('person');
});

test('a question that the asked kind cannot answer', () => {
  for (const predicate of ['isTru', 'constructor', '__proto__']) {
    const error = refusal(() => resolveFlow(graphOf(leaf('a'), leaf('bee', ask('a', predicate))), kinds));
    expect(error.code).toBe('UNKNOWN_PREDICATE');
    expect(error.path).toBe('bee');
    expect(error.message).toContain(`its condition asks "a.${predicate}", which a binary task cannot answer`);
    expect(error.expected).toBe('isTrue');
    expect(error.suggestion).toBe(predicate === 'isTru' ? 'isTrue' : undefined);
  }
});

test('wrong arguments of a question say which task was asked', () => {
  const error = refusal(() => resolveFlow(graphOf(leaf('colour'), leaf('a', ask('colour', 'is', 'rod'))), kinds));
  expect(error.code).toBe('UNKNOWN_CLASS');
  expect(error.path).toBe('colour.is');
  expect(error.suggestion).toBe('red');
});

test('two leaves of one path, and a leaf without a kind', () => {
  expect(refusal(() => resolveFlow(graphOf(leaf('a'), leaf('a')), kinds)).message).toBe(
    'DUPLICATE_PATH at a: two leaves of the flow have this path\n  expected: each task once in a flow\n' +
      '  received: a\n  Return the task once, or put its second use into a nested flow of its own.',
  );
  const error = refusal(() => resolveFlow(graphOf(leaf('colur')), kinds));
  expect(error.code).toBe('UNKNOWN_TASK');
  expect(error.suggestion).toBe('colour');
});

test('the questions of a condition, from left to right', () => {
  const condition: ConditionNode = {
    type: 'or',
    of: [{ type: 'and', of: [ask('a'), { type: 'not', of: ask('b') }] }, ask('c'), ask('a')],
  };
  expect(predicatesIn(condition).map((node) => node.path)).toEqual(['a', 'b', 'c', 'a']);
  expect(predicatesIn(null)).toEqual([]);
});

test('ten thousand tasks that ask one are resolved at once', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => leaf(`t${i}`, ask('a')));
  const own = new Map<string, TaskKind>([
    ['a', binary()],
    ...many.map(({ name }): [string, TaskKind] => [name, binary()]),
  ]);
  const flow = resolveFlow(graphOf(leaf('a'), ...many), own);
  expect(flow.evaluationOrder.map((task) => task.path)).toEqual(flow.tasks.map((task) => task.path));
});
