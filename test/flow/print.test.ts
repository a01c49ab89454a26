import { expect, test } from 'vitest';
import { camera } from '../../flows/security-camera/project.js';
import type { ConditionNode } from '../../src/flow/graph.js';
import { printCondition } from '../../src/flow/print.js';
import { and, binary, classification, or, Project, regression, vector } from '../../src/index.js';
import { count } from '../tasks/external-kind.js';

test('the security camera as a tree', () => {
  const text = String(camera);
  expect(text).toBe(
    `
security-camera
├── cameraBlocked (binary)
├── doorOpen (binary) given not cameraBlocked
├── doorLocked (binary) given not doorOpen
├── personPresent (binary) given doorOpen
└── personRegression given personPresent
    ├── faceRegression
    │   ├── faceX1 (boundedRegression)
    │   ├── faceY1 (boundedRegression)
    │   ├── faceWidth (boundedRegression)
    │   ├── faceHeight (boundedRegression)
    │   └── facialCharacteristics (multilabel)
    └── bodyRegression
        ├── bodyX1 (boundedRegression)
        ├── bodyY1 (boundedRegression)
        ├── bodyWidth (boundedRegression)
        ├── bodyHeight (boundedRegression)
        └── shirtType (classification)
`.trim(),
  );
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('conditions of a nested flow stand in the words in which they were written, under full paths', () => {
  const project = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { shirt: classification({ classes: ['red', 'blue'] }), age: regression() },
    backbone: ({ row }) => ({ features: row }),
  })
    .flow('inner', (task, x) => {
      const shirt = task.shirt(x.features);
      return [shirt, task.age(x.features).given(or(shirt.is('red').not(), shirt.in(['red', 'blue'])))];
    })
    .flow('full', (task, x) => [task.inner(x)]);
  expect(String(project)).toBe(
    `
p
└── inner
    ├── shirt (classification)
    └── age (regression) given not inner.shirt.is("red")
            or inner.shirt.in(["red","blue"])
`.trim(),
  );
});

const ask = (path: string, ...args: number[]): ConditionNode => ({
  type: 'predicate',
  path,
  predicate: args.length === 0 ? 'isTrue' : 'above',
  args,
});

test('a long condition goes on below, before `and` or `or`, within 80 columns and beside what follows', () => {
  const names = Array.from({ length: 12 }, (_, i) => `condition${i}`);
  const project = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: Object.fromEntries([...names, 'last', 'inner'].map((name) => [name, binary()])),
  })
    .flow('below', (task, x) => [task.inner?.(x.features)].flatMap((handle) => handle ?? []))
    .flow('full', (task, x) => {
      const handles = names.map((name) => task[name]?.(x.features)).flatMap((handle) => handle ?? []);
      const [first, ...others] = handles;
      if (first === undefined) throw new Error('there are twelve');
      const last = task.last?.(x.features).given(and(first, ...others));
      return [...handles, task.below(x).given(or(first, ...others)), ...(last === undefined ? [] : [last])];
    });
  expect(String(project).split('\n').slice(-7)).toEqual([
    '├── below given condition0 or condition1 or condition2 or condition3',
    '│   │   or condition4 or condition5 or condition6 or condition7 or condition8',
    '│   │   or condition9 or condition10 or condition11',
    '│   └── inner (binary)',
    '└── last (binary) given condition0 and condition1 and condition2 and condition3',
    '        and condition4 and condition5 and condition6 and condition7',
    '        and condition8 and condition9 and condition10 and condition11',
  ]);
});

test('a condition of which unknown rows count says so, beside its last part', () => {
  const project = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { open: binary(), locked: binary(), left: binary() },
  })
    .flow('lock', (task, x) => [task.locked(x.features)])
    .flow('full', (task, x) => {
      const open = task.open(x.features);
      const left = task.left(x.features).given(open.not(), { whenUnknown: 'include' });
      return [open, left, task.lock(x).given(and(open, left), { whenUnknown: 'include' })];
    });
  expect(String(project).split('\n').slice(2)).toEqual([
    '├── left (binary) given not open (or unknown)',
    '└── lock given open and left (or unknown)',
    '    └── locked (binary)',
  ]);
  expect(project.toMermaid().split('\n').slice(-3)).toEqual([
    '  n0 -->|"not open (or unknown)"| n1',
    '  n0 -->|"open and left (or unknown)"| n2',
    '  n1 --> n2',
  ]);
});

test('a question without arguments is not mistaken for the task itself', () => {
  const project = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { cars: count(), jam: binary(), calm: binary() },
  }).flow('full', (task, x) => {
    const cars = task.cars(x.features);
    return [cars, task.jam(x.features).given(cars), task.calm(x.features).given(cars.isZero())];
  });
  expect(String(project).split('\n').slice(2)).toEqual([
    '├── jam (binary) given cars.isSome()',
    '└── calm (binary) given cars.isZero()',
  ]);
});

test.each<[ConditionNode, string]>([
  [ask('a'), 'a'],
  [ask('a', 1.5), 'a.above(1.5)'],
  [{ type: 'not', of: { type: 'not', of: ask('a') } }, 'not not a'],
  [{ type: 'not', of: { type: 'and', of: [ask('a'), ask('b')] } }, 'not (a and b)'],
  [{ type: 'and', of: [ask('a'), { type: 'not', of: ask('b') }, ask('c')] }, 'a and not b and c'],
  [{ type: 'or', of: [{ type: 'and', of: [ask('a'), ask('b')] }, ask('c')] }, '(a and b) or c'],
  [{ type: 'and', of: [ask('a')] }, 'a'],
  [{ type: 'not', of: { type: 'or', of: [ask('a')] } }, 'not a'],
])('%j is written %s', (node, text) => {
  expect(printCondition(node)).toBe(text);
});
