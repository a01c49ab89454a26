import { expect, test } from 'vitest';
import { CONDITION, type Condition } from '../../src/flow/conditions.js';
import type { FlowNode, TaskNode } from '../../src/flow/graph.js';
import { printCondition } from '../../src/flow/print.js';
import {
  and,
  binary,
  boundedRegression,
  classification,
  multilabel,
  not,
  or,
  Project,
  regression,
  vector,
} from '../../src/index.js';
import { count } from '../tasks/external-kind.js';
import { refusal } from './refusal.js';

const project = new Project({
  name: 'shop',
  inputs: { row: vector({ size: 3 }) },
  tasks: {
    open: binary(),
    shirt: classification({ classes: ['red', 'blue', 'green'] }),
    traits: multilabel({ classes: ['tall', 'loud'] }),
    x: boundedRegression({ min: 0, max: 64 }),
    age: regression(),
    visits: count(),
    target: binary(),
  },
  backbone: ({ row }) => ({ features: row, face: row }),
});

const words = (condition: Condition): string => printCondition(condition[CONDITION]);

/** The node of one member. */
function member(graph: { readonly root: FlowNode }, name: string): TaskNode | FlowNode {
  const found = graph.root.members.find((node) => node.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

test('every kind asks its own questions', () => {
  const asked: unknown[] = [];
  project.flow('full', (task, x) => {
    const open = task.open(x.features);
    const shirt = task.shirt(x.features);
    const traits = task.traits(x.features);
    const faceX = task.x(x.features);
    const age = task.age(x.features);
    const visits = task.visits(x.features);
    const questions = [
      open,
      open.isTrue(),
      open.not(),
      shirt.is('red'),
      shirt.in(['red', 'blue']),
      traits.has('loud'),
      faceX.above(10),
      faceX.below(20),
      age.between(1, 2),
      visits,
      visits.atLeast(2),
    ];
    asked.push(...questions.map((question) => question[CONDITION]));
    return [open, shirt, traits, faceX, age, visits];
  });
  const ask = (path: string, predicate: string, ...args: unknown[]) => ({ type: 'predicate', path, predicate, args });
  expect(asked).toEqual([
    ask('open', 'isTrue'),
    ask('open', 'isTrue'),
    { type: 'not', of: ask('open', 'isTrue') },
    ask('shirt', 'is', 'red'),
    ask('shirt', 'in', ['red', 'blue']),
    ask('traits', 'has', 'loud'),
    ask('x', 'above', 10),
    ask('x', 'below', 20),
    ask('age', 'between', 1, 2),
    ask('visits', 'isSome'),
    ask('visits', 'atLeast', 2),
  ]);
});

test('and, or and not combine conditions of every form', () => {
  let text = '';
  project.flow('full', (task, x) => {
    const open = task.open(x.features);
    const shirt = task.shirt(x.features);
    text = words(or(and(open, shirt.is('red').not()), not(shirt.in(['blue', 'green']))));
    return [open, shirt];
  });
  expect(text).toBe('(open and not shirt.is("red")) or not shirt.in(["blue","green"])');
});

test('given is chained with and; each call gives a new handle', () => {
  const { graph } = project.flow('full', (task, x) => {
    const open = task.open(x.features);
    const shirt = task.shirt(x.features);
    const age = task.age(x.features);
    const bare = task.target(x.features);
    const once = bare.given(open);
    const twice = once.given(or(shirt.is('red'), age.above(3)));
    const thrice = twice.given(shirt.is('blue').not());
    expect(new Set([bare, once, twice, thrice]).size).toBe(4);
    for (const handle of [bare, once, twice, thrice, open, open.not()]) expect(Object.isFrozen(handle)).toBe(true);
    return [open, shirt, age, thrice];
  });
  expect(member(graph, 'target').condition).toEqual({
    type: 'and',
    of: [
      { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] },
      {
        type: 'or',
        of: [
          { type: 'predicate', path: 'shirt', predicate: 'is', args: ['red'] },
          { type: 'predicate', path: 'age', predicate: 'above', args: [3] },
        ],
      },
      { type: 'not', of: { type: 'predicate', path: 'shirt', predicate: 'is', args: ['blue'] } },
    ],
  });
});

test('what unknown rows do is kept with the condition, and left out at its default', () => {
  const { graph } = project.flow('full', (task, x) => {
    const open = task.open(x.features);
    const shirt = task.shirt(x.features).given(open, { whenUnknown: 'exclude' });
    const age = task.age(x.features).given(open, {});
    const options = { whenUnknown: 'include' } as const;
    return [open, shirt, age, task.target(x.features).given(open, options).given(age.above(3), options)];
  });
  expect(member(graph, 'shirt')).not.toHaveProperty('whenUnknown');
  expect(member(graph, 'age')).not.toHaveProperty('whenUnknown');
  expect(member(graph, 'target')).toMatchObject({ condition: { type: 'and' }, whenUnknown: 'include' });
});

test.each<[string, object, object]>([
  ['a misspelt option', { whenUnknow: 'include' }, { path: 'full.target.given.whenUnknow', suggestion: 'whenUnknown' }],
  ['a misspelt choice', { whenUnknown: 'inclde' }, { path: 'full.target.given.whenUnknown', suggestion: 'include' }],
  ['a flag', { whenUnknown: true }, { path: 'full.target.given.whenUnknown', received: 'true' }],
  ['no record', 'include' as unknown as object, { path: 'full.target.given' }],
  ['null', null as unknown as object, { path: 'full.target.given', received: 'null' }],
])('given with %s is refused', (_, options, expected) => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const open = task.open(x.features);
      return [open, task.target(x.features).given(open, options)];
    }),
  );
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS', ...expected });
});

test('a chain of given is one condition: it cannot choose twice', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const [open, age] = [task.open(x.features), task.age(x.features)];
      return [open, age, task.target(x.features).given(open, { whenUnknown: 'include' }).given(age.above(3))];
    }),
  );
  expect(error).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'full.target.given.whenUnknown',
    expected: '"include"',
    received: '"exclude"',
  });
});

test('a list given to a question may change afterwards without changing the condition', () => {
  const colours: ('red' | 'blue')[] = ['red'];
  const { graph } = project.flow('full', (task, x) => {
    const shirt = task.shirt(x.features);
    const condition = shirt.in(colours);
    colours.push('blue');
    return [shirt, task.target(x.features).given(condition)];
  });
  expect(member(graph, 'target').condition).toMatchObject({ args: [['red']] });
});

test('returning the handle without its condition is refused', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const open = task.open(x.features);
      const target = task.target(x.features);
      target.given(open);
      return [open, target];
    }),
  );
  expect(error.code).toBe('LOST_CONDITION');
  expect(error.message).toBe(
    'LOST_CONDITION at full.target: `given` was called on it, and what `given` returned is not in the returned array\n' +
      '  expected: the handle with the condition\n  received: the one without\n' +
      '  `given` changes nothing: return what it gives.',
  );
});

test.each([undefined, null, true, 'open', {}, () => true])('given(%s) is not a condition', (value) => {
  const error = refusal(() =>
    project.flow('full', (task, x) => [task.target(x.features).given(value as unknown as Condition)]),
  );
  expect(error.code).toBe('NOT_A_CONDITION');
  expect(error.path).toBe('full.target');
  expect(error.message).toContain('a condition is needed here');
  expect(error.expected).toContain('shirt.is("red")');
});

test('given takes one condition: a second one is refused, not dropped', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const [open, target] = [task.open(x.features), task.target(x.features)];
      const given = target.given as unknown as (...conditions: Condition[]) => typeof target; // as from JavaScript
      return [open, target, given(open, open.not())];
    }),
  );
  expect(error).toMatchObject({ code: 'NOT_A_CONDITION', path: 'full.target', received: '2 arguments' });
});

test('a task without a truth is not a condition', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const shirt = task.shirt(x.features);
      return [shirt, task.target(x.features).given(shirt as unknown as Condition)];
    }),
  );
  expect(error.code).toBe('NOT_A_CONDITION');
  expect(error.received).toBe('the task "shirt", which is neither true nor false');
  expect(error.mend).toBe('Ask it something: shirt.is(…), shirt.in(…).');
  const flow = refusal(() =>
    project
      .flow('inner', (task, x) => [task.shirt(x.features)])
      .flow('full', (task, x) => {
        const inner = task.inner(x);
        return [inner, task.target(x.features).given(inner as unknown as Condition)];
      }),
  );
  expect([flow.code, flow.received]).toEqual(['NOT_A_CONDITION', 'the flow "inner"']);
});

test('an unknown class names the task that was asked, and suggests', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const shirt = task.shirt(x.features);
      return [shirt, task.target(x.features).given(shirt.is('blu' as 'blue'))];
    }),
  );
  expect(error.code).toBe('UNKNOWN_CLASS');
  expect(error.path).toBe('full.shirt.is');
  expect(error.suggestion).toBe('blue');
  expect(error.message).toMatch(/^UNKNOWN_CLASS at full\.shirt\.is: /);
  expect(error.message).toContain('did you mean "blue"?');
  expect(error.cause).toMatchObject({ path: 'classification.is' });
});

test('an unknown class of a nested task names the whole path', () => {
  const error = refusal(() =>
    project
      .flow('inner', (task, x) => [task.traits(x.features)])
      .flow('full', (task, x) => {
        const inner = task.inner(x);
        return [inner, task.target(x.features).given(inner.traits.has('tal' as 'tall'))];
      }),
  );
  expect(error.path).toBe('full.inner.traits.has');
  expect(error.suggestion).toBe('tall');
});

test('a bound outside the range names the task', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const faceX = task.x(x.features);
      return [faceX, task.target(x.features).given(faceX.above(65))];
    }),
  );
  expect(error.code).toBe('INVALID_PREDICATE');
  expect(error.path).toBe('full.x.above');
  expect(error.received).toBe('65');
});

test('a condition on a member of a nested flow belongs where that flow is declared', () => {
  const error = refusal(() =>
    project
      .flow('inner', (task, x) => [task.age(x.features)])
      .flow('full', (task, x) => {
        const open = task.open(x.features);
        const inner = task.inner(x);
        inner.age.given(open);
        return [open, inner];
      }),
  );
  expect(error.code).toBe('NOT_A_MEMBER');
  expect(error.path).toBe('full.inner.age');
  expect(error.mend).toBe('Call `given` where the nested flow is declared.');
});

test('64 conditions on top of each other are the most that a flow holds', () => {
  const nested = (levels: number) =>
    project.flow('full', (task, x) => {
      const open = task.open(x.features);
      let condition: Condition = open;
      for (let i = 0; i < levels; i++) condition = condition.not();
      return [open, task.target(x.features).given(condition)];
    });
  // The flow, the task and the question are three levels themselves.
  expect(printCondition(member(nested(61).graph, 'target').condition as never)).toBe(`${'not '.repeat(61)}open`);
  const error = refusal(() => nested(62));
  expect(error.code).toBe('FLOW_TOO_LARGE');
  expect(error.path).toBe('full');
  expect(error.received).toBe('65 levels');
  expect(refusal(() => nested(1000)).message).toContain('FLOW_TOO_LARGE at not: flows and conditions nest too deep');
});

test('a condition that would double at each step is refused before it fills the memory', () => {
  const error = refusal(() =>
    project.flow('full', (task, x) => {
      const open = task.open(x.features);
      let condition: Condition = open;
      for (let i = 0; i < 60; i++) condition = and(condition, condition);
      return [open, task.target(x.features).given(condition)];
    }),
  );
  expect(error.code).toBe('FLOW_TOO_LARGE');
  expect(error.message).toContain('at most 100000');
});

test('a hundred chained conditions are one and', () => {
  const { graph } = project.flow('full', (task, x) => {
    const age = task.age(x.features);
    let target = task.target(x.features).given(age.above(0));
    for (let i = 1; i < 100; i++) target = target.given(age.above(i));
    return [age, target];
  });
  const { condition } = member(graph, 'target');
  expect(condition?.type === 'and' && condition.of.length).toBe(100);
});
