import { expect, test } from 'vitest';
import type { Flow, FlowTask } from '../../src/flow/flow.js';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { classification } from '../../src/tasks/classification.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { multilabel } from '../../src/tasks/multilabel.js';

type Entry = readonly [path: string, feature: string, kind: TaskKind];

function flowOf(entries: readonly Entry[]): Flow<TaskKind> {
  const tasks = entries.map(([path, feature, kind]): FlowTask<TaskKind> => {
    const name = path.split('.').at(-1) ?? path;
    const node = {
      type: 'task',
      name,
      path,
      kind: kind.kind,
      options: kind.options,
      feature,
      condition: null,
    } as const;
    return {
      path,
      name,
      feature,
      kind,
      axis: null,
      axes: [],
      shape: [],
      positions: 1,
      condition: null,
      gates: [],
      pathway: null,
      node,
    };
  });
  return {
    graph: {
      format: 'headgate-flow',
      version: 1,
      name: 'test',
      inputs: {},
      root: { type: 'flow', name: 'root', path: '', condition: null, members: tasks.map(({ node }) => node) },
    },
    tasks,
    evaluationOrder: tasks,
    task: (path) => {
      const found = tasks.find((task) => task.path === path);
      if (found === undefined) throw new Error(`UNKNOWN_TASK ${path}`);
      return found;
    },
  };
}

const layout = layoutOf(
  flowOf([
    ['blocked', 'image', binary()],
    ['x', 'face', boundedRegression({ min: 0, max: 64 })],
    ['shirt', 'image', classification({ classes: ['a', 'b', 'c'] })],
    ['open', 'image', binary({ weight: 2 })],
    ['traits', 'image', multilabel({ classes: ['a', 'b'] })],
    ['person', 'face', binary()],
    ['trousers', 'image', classification({ classes: ['x', 'y', 'z'] })],
    ['y', 'face', boundedRegression({ min: 10, max: 20 })],
  ]),
);

test('tasks of one feature and one loss form a group, in order of first appearance', () => {
  expect(layout.groups.map(({ feature, slots }) => [feature, ...slots.map(({ task }) => task.path)])).toEqual([
    ['image', 'blocked', 'open'],
    ['image', 'shirt', 'trousers'],
    ['image', 'traits'],
    ['face', 'x', 'y'],
    ['face', 'person'],
  ]);
});

test('label columns are adjacent within a group and cover the width without gaps', () => {
  expect(layout.groups.map(({ offset, width, slots }) => [offset, width, ...slots.map((slot) => slot.offset)])).toEqual(
    [
      [0, 1, 0, 1],
      [2, 1, 2, 3],
      [4, 2, 4],
      [6, 1, 6, 7],
      [8, 1, 8],
    ],
  );
  expect(layout.width).toBe(9);
  const columns = layout.slots.flatMap(({ offset, width }) => Array.from({ length: width }, (_, i) => offset + i));
  expect(columns.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('logit columns are adjacent within a feature', () => {
  expect(layout.groups.map(({ feature, unitOffset, units }) => [feature, unitOffset, units])).toEqual([
    ['image', 0, 1],
    ['image', 2, 3],
    ['image', 8, 2],
    ['face', 0, 1],
    ['face', 2, 1],
  ]);
  expect([...layout.featureUnits]).toEqual([
    ['image', 10],
    ['face', 3],
  ]);
});

test('slots are in flow order, whatever the grouping', () => {
  expect(layout.slots.map(({ task, index, offset }) => [task.path, index, offset])).toEqual([
    ['blocked', 0, 0],
    ['x', 1, 6],
    ['shirt', 2, 2],
    ['open', 3, 1],
    ['traits', 4, 4],
    ['person', 5, 8],
    ['trousers', 6, 3],
    ['y', 7, 7],
  ]);
  expect(layout.slot('y')).toBe(layout.slots[7]);
  expect(() => layout.slot('z')).toThrow('UNKNOWN_TASK z');
});

test('a task without a loss key stands alone', () => {
  const alone: TaskKind = { ...binary(), lossKey: null };
  const { groups } = layoutOf(
    flowOf([
      ['a', 'f', alone],
      ['b', 'f', alone],
    ]),
  );
  expect(groups.map(({ slots }) => slots.length)).toEqual([1, 1]);
});

test('names that objects have by themselves are names like any other', () => {
  const odd = layoutOf(
    flowOf([
      ['__proto__', 'constructor', binary()],
      ['toString', '__proto__', binary()],
    ]),
  );
  expect(odd.slot('__proto__').offset).toBe(0);
  expect(odd.slot('toString').offset).toBe(1);
  expect(odd.featureUnits.get('__proto__')).toBe(1);
});
