import { expect, test } from 'vitest';
import { camera } from '../../flows/security-camera/project.js';
import type { ConditionNode } from '../../src/flow/graph.js';
import { printCondition } from '../../src/flow/print.js';
import { classification, or, Project, regression, vector } from '../../src/index.js';

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
    └── age (regression) given not inner.shirt.is("red") or inner.shirt.in(["red","blue"])
`.trim(),
  );
});

const ask = (path: string, ...args: number[]): ConditionNode => ({ type: 'predicate', path, predicate: 'above', args });

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
