import { expect, test } from 'vitest';
import type { UntypedFlowFunction } from '../../src/flow/declare.js';
import { binary, classification, image, Project, vector } from '../../src/index.js';
import { refusal } from './refusal.js';

const project = new Project({
  name: 'doors',
  inputs: { row: vector({ size: 3 }) },
  tasks: { doorOpen: binary(), doorLocked: binary(), shirt: classification({ classes: ['red', 'blue'] }) },
  backbone: ({ row }) => ({ features: row, face: row }),
});

/** A flow function as JavaScript sees it: without types. */
// biome-ignore lint/suspicious/noExplicitAny: stands for callers that no compiler has checked
const untyped = (run: (task: any, x: any) => unknown): never => run as unknown as UntypedFlowFunction as never;

test('a flow function runs once, however often the project is used', () => {
  let calls = 0;
  const declared = project.flow('full', (task, x) => {
    calls += 1;
    return [task.doorOpen(x.features)];
  });
  expect(calls).toBe(1);
  for (let i = 0; i < 3; i++) {
    expect(declared.graph.root.name).toBe('full');
    String(declared);
    declared.toMermaid();
    expect(declared.resolved.tasks).toHaveLength(1);
  }
  const outer = declared.flow('outer', (task, x) => [task.full(x)]).flow('outermost', (task, x) => [task.outer(x)]);
  expect(outer.resolved.tasks[0]?.path).toBe('outer.full.doorOpen');
  expect(calls).toBe(1);
});

test('declaring is immutable: the old project does not know the new flow', () => {
  const first = project.flow('first', (task, x) => [task.doorOpen(x.features)]);
  const second = first.flow('second', (task, x) => [task.doorLocked(x.features)]);
  expect(first.graph.root.name).toBe('first');
  expect(second.graph.root.name).toBe('second');
  expect(refusal(() => project.graph).code).toBe('NO_FLOW');
});

test('a project without a flow says what to do', () => {
  const error = refusal(() => project.graph);
  expect(error.message).toBe(
    'NO_FLOW at doors: the project has no flow yet\n' +
      '  expected: at least one `.flow(name, (task, x) => [...])`\n' +
      '  Say which tasks to train, and which counts only when another one holds.',
  );
});

test('an unknown task is refused with the nearest name', () => {
  const error = refusal(() =>
    project.flow(
      'full',
      untyped((task, x) => [task.dorOpen(x.features)]),
    ),
  );
  expect(error.message).toBe(
    'UNKNOWN_TASK at full.dorOpen: the flow "full" uses "dorOpen", which is neither a task nor a flow declared before it\n' +
      '  expected: one of doorOpen, doorLocked, shirt\n  received: "dorOpen"\n  did you mean "doorOpen"?',
  );
});

test('a flow declared later is not known yet, and the flow itself never', () => {
  expect(
    refusal(() =>
      project.flow(
        'full',
        untyped((task, x) => [task.full(x)]),
      ),
    ).code,
  ).toBe('UNKNOWN_TASK');
  expect(
    refusal(() =>
      project.flow(
        'full',
        untyped((task, x) => [task.later(x)]),
      ),
    ).path,
  ).toBe('full.later');
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('task.%s is an unknown task', (name) => {
  const error = refusal(() =>
    project.flow(
      'full',
      untyped((task, x) => [task[name](x.features)]),
    ),
  );
  expect(error.code).toBe('UNKNOWN_TASK');
  expect(error.path).toBe(`full.${name}`);
});

test('a name may stand for one task or flow only', () => {
  const declared = project.flow('full', (task, x) => [task.doorOpen(x.features)]);
  for (const name of ['full', 'doorOpen']) {
    const error = refusal(() => declared.flow(name, (task, x) => [task.doorLocked(x.features)]));
    expect(error.message).toBe(
      `DUPLICATE_NAME at flows.${name}: a task or flow of this name exists already\n` +
        `  expected: a name of its own for each task and flow\n  received: "${name}"`,
    );
  }
});

test.each([
  ['nothing', undefined, 'undefined'],
  ['a task instead of a list', 'bare', 'the task "doorOpen"'],
  ['a promise', Promise.resolve([]), 'a promise'],
])('a flow that returns %s', (_, value, received) => {
  const error = refusal(() =>
    project.flow(
      'full',
      untyped((task, x) => (value === 'bare' ? task.doorOpen(x.features) : value)),
    ),
  );
  expect(error.code).toBe('NOT_A_MEMBER');
  expect(error.path).toBe('full');
  expect(error.received).toBe(received);
  expect(error.mend).toBe('Return an array: [task.doorOpen(x.features), …].');
});

test('a condition in the returned list is refused', () => {
  const error = refusal(() =>
    project.flow(
      'full',
      untyped((task, x) => {
        const open = task.doorOpen(x.features);
        return [open, open.not()];
      }),
    ),
  );
  expect(error.code).toBe('NOT_A_MEMBER');
  expect(error.received).toBe('a condition');
  expect(error.mend).toBe('Conditions belong into `given`, not into the returned array.');
});

test('so is a member of a nested flow', () => {
  const error = refusal(() =>
    project
      .flow('inner', (task, x) => [task.doorOpen(x.features)])
      .flow(
        'full',
        untyped((task, x) => {
          const inner = task.inner(x);
          return [inner, inner.doorOpen];
        }),
      ),
  );
  expect(error.code).toBe('NOT_A_MEMBER');
  expect(error.received).toBe('a condition');
  const feature = refusal(() =>
    project.flow(
      'full',
      untyped((_, x) => [x.features]),
    ),
  );
  expect([feature.code, feature.received]).toEqual(['NOT_A_MEMBER', 'the feature "features"']);
});

test.each([undefined, null, [], 'full'])('a flow that is no function: %j', (run) => {
  const error = refusal(() => project.flow('full', run as never));
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: 'flows.full' });
});

test('an empty flow', () => {
  const error = refusal(() => project.flow('full', () => []));
  expect(error.message).toBe(
    'EMPTY_FLOW at full: the flow returns no task\n  expected: at least one task or nested flow\n  received: []',
  );
});

test('the same task twice', () => {
  const error = refusal(() => project.flow('full', (task, x) => [task.doorOpen(x.features), task.doorOpen(x.face)]));
  expect(error.message).toBe(
    'DUPLICATE_PATH at full.doorOpen: the flow returns it twice\n' +
      '  expected: each task and nested flow once\n  received: doorOpen\n' +
      '  Return it once; several conditions are combined with `and`, or by chaining `given`.',
  );
});

test('a task that is called and not returned', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => [task.doorLocked(x.features).given(task.doorOpen(x.features).not())]),
  );
  expect(error.message).toBe(
    'NOT_RETURNED at full.doorOpen: the flow "full" calls "doorOpen" and does not return it\n' +
      '  expected: every task that is called, in the returned array\n  received: an array without "doorOpen"\n' +
      '  Return it, or do not call it. A task that only a condition asks about must be part of the flow too.',
  );
});

test('a flow without a function', () => {
  const error = refusal(() => project.flow('full', undefined as never));
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', path: 'flows.full', received: 'undefined' });
  expect(error.expected).toContain('[task.doorOpen(x.feature');
});

test('what the function itself throws comes through as it is', () => {
  const own = new RangeError('mine');
  expect(() =>
    project.flow('full', () => {
      throw own;
    }),
  ).toThrow(own);
});

test('the last flow is the root, unless another one is named; what the root does not reach takes no part', () => {
  const declared = project
    .flow('first', (task, x) => [task.doorOpen(x.features)])
    .flow('second', (task, x) => [task.first(x), task.doorLocked(x.features)])
    .flow('third', (task, x) => [task.shirt(x.features)]);
  const paths = (of: { readonly resolved: { readonly tasks: readonly { readonly path: string }[] } }): string[] =>
    of.resolved.tasks.map((task) => task.path);
  expect(paths(declared)).toEqual(['shirt']);
  expect(paths(declared.root('second'))).toEqual(['first.doorOpen', 'doorLocked']);
  expect(paths(declared.root('first'))).toEqual(['doorOpen']);
  expect(paths(declared)).toEqual(['shirt']);
  // A flow declared after a root was named is the root again.
  expect(paths(declared.root('first').flow('last', (task, x) => [task.second(x)]))).toEqual([
    'second.first.doorOpen',
    'second.doorLocked',
  ]);
  expect(JSON.stringify(declared.graph)).not.toContain('doorOpen');
});

test('an unknown root is refused with the nearest name', () => {
  const declared = project.flow('full', (task, x) => [task.doorOpen(x.features)]);
  const error = refusal(() => declared.root('ful' as 'full'));
  expect(error.message).toBe(
    'UNKNOWN_FLOW at ful: there is no flow of this name\n' +
      '  expected: one of full\n  received: ful\n  did you mean "full"?',
  );
});

test('a project needs tasks and inputs', () => {
  const inputs = { row: vector({ size: 1 }) };
  expect(refusal(() => new Project({ name: 'p', inputs, tasks: {} })).message).toContain('NO_TASKS at tasks');
  const tasks = { a: binary() };
  expect(refusal(() => new Project({ name: 'p', inputs: {}, tasks })).message).toContain('NO_INPUTS at inputs');
});

test('the graph is JSON: inputs, tasks with their options, features, conditions', () => {
  const { graph } = new Project({
    name: 'camera',
    inputs: { frame: image({ height: 4, width: 6, channels: 1 }) },
    tasks: { blocked: binary(), open: binary({ weight: 2 }) },
  }).flow('full', (task, x) => {
    const blocked = task.blocked(x.features);
    return [blocked, task.open(x.features).given(blocked.not())];
  });
  expect(graph).toEqual({
    format: 'headgate-flow',
    version: 1,
    name: 'camera',
    inputs: {
      frame: {
        kind: 'image',
        shape: [4, 6, 1],
        scale: 1 / 255,
        columns: null,
        encoder: { kind: 'range', state: null },
      },
    },
    root: {
      type: 'flow',
      name: 'full',
      path: '',
      condition: null,
      members: [
        {
          type: 'task',
          name: 'blocked',
          path: 'blocked',
          kind: 'binary',
          options: {},
          feature: 'features',
          condition: null,
        },
        {
          type: 'task',
          name: 'open',
          path: 'open',
          kind: 'binary',
          options: { weight: 2 },
          feature: 'features',
          condition: { type: 'not', of: { type: 'predicate', path: 'blocked', predicate: 'isTrue', args: [] } },
        },
      ],
    },
  });
});
