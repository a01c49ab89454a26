import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import type { Dataset } from '../../src/data/dataset.js';
import { withMissingNumbers } from '../../src/data/missing.js';
import { Table } from '../../src/data/table.js';
import { labelTruths } from '../../src/evaluate/gates.js';
import type { ConditionNode, FlowGraph, FlowNode, TaskNode } from '../../src/flow/graph.js';
import { resolveFlow } from '../../src/flow/resolve.js';
import { FALSE } from '../../src/flow/truth.js';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { classification } from '../../src/tasks/classification.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { multilabel } from '../../src/tasks/multilabel.js';
import { regression } from '../../src/tasks/regression.js';
import { applies, naiveLeaves } from '../support/naive-loss.js';
import { type Label, labelRows, type RandomFlow, randomFlow } from '../support/random-flow.js';
import { targetsOf } from '../support/targets.js';

const isTrue = (path: string): ConditionNode => ({ type: 'predicate', path, predicate: 'isTrue', args: [] });
const not = (of: ConditionNode): ConditionNode => ({ type: 'not', of });

function task(path: string, kind: TaskKind, condition: ConditionNode | null = null): TaskNode {
  const name = path.split('.').at(-1) ?? path;
  return { type: 'task', name, path, kind: kind.kind, options: kind.options, feature: 'features', condition };
}

function flowOf(kinds: Readonly<Record<string, TaskKind>>, members: FlowNode['members']) {
  const graph: FlowGraph = {
    format: 'headgate-flow',
    version: 1,
    name: 'test',
    inputs: { x: { kind: 'vector', shape: [1], scale: 1, columns: null } },
    root: { type: 'flow', name: 'full', path: '', condition: null, members },
  };
  return resolveFlow(graph, new Map(Object.entries(kinds)));
}

const bind = (data: Table | readonly Record<string, unknown>[], flow: RandomFlow['flow']) =>
  bindTable(data, layoutOf(flow));

/** Mask columns of a task, a string of 0 and 1 for each row. */
function maskOf(dataset: Dataset, path: string): string[] {
  const { offset, width } = dataset.layout.slot(path);
  return Array.from({ length: dataset.rows }, (_, row) => {
    const start = row * dataset.layout.width + offset;
    return [...dataset.mask.subarray(start, start + width)].join('');
  });
}

test('masks of the golden flow, from labels with -1 for missing, equal those of dnn_cool', () => {
  const golden: { labels: Record<string, number[]>; gt_masks: Record<string, number[]> } = JSON.parse(
    readFileSync(new URL('../fixtures/golden_dnn_cool.json', import.meta.url), 'utf8'),
  );
  const kinds = {
    blocked: binary(),
    open: binary(),
    locked: binary(),
    person: binary(),
    x1: boundedRegression({ min: 0, max: 1 }),
    traits: multilabel({ classes: ['a', 'b', 'c'] }),
    shirt: classification({ classes: ['0', '1', '2', '3'] }),
  };
  const face: FlowNode = {
    type: 'flow',
    name: 'face',
    path: 'person_flow.face',
    condition: null,
    members: [task('person_flow.face.x1', kinds.x1), task('person_flow.face.traits', kinds.traits)],
  };
  const person: FlowNode = {
    type: 'flow',
    name: 'person_flow',
    path: 'person_flow',
    condition: isTrue('person'),
    members: [face, task('person_flow.shirt', kinds.shirt)],
  };
  const flow = flowOf(kinds, [
    task('blocked', kinds.blocked),
    task('open', kinds.open, not(isTrue('blocked'))),
    task('locked', kinds.locked, not(isTrue('open'))),
    task('person', kinds.person, isTrue('open')),
    person,
  ]);
  const table = withMissingNumbers(Table.fromColumns(golden.labels), [-1]).with('x', new Float32Array(10));
  const dataset = bind(table, flow);
  for (const [path, mask] of Object.entries(golden.gt_masks)) {
    const { width } = dataset.layout.slot(path);
    expect([path, maskOf(dataset, path)]).toEqual([path, mask.map((bit) => String(bit).repeat(width))]);
  }
});

test('a partly missing multilabel counts by element', () => {
  const kinds = { traits: multilabel({ classes: ['a', 'b', 'c'] }), open: binary() };
  const flow = flowOf(kinds, [task('open', kinds.open), task('traits', kinds.traits, isTrue('open'))]);
  const dataset = bind(
    [
      { x: 0, open: true, traits: [true, null, false] },
      { x: 0, open: true, traits: { c: true } },
      { x: 0, open: true, traits: null },
      { x: 0, open: false, traits: [true, true, true] },
    ],
    flow,
  );
  expect(maskOf(dataset, 'traits')).toEqual(['101', '001', '000', '000']);
  expect(maskOf(dataset, 'open')).toEqual(['1', '1', '1', '1']);
  expect([...dataset.applies]).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
});

test('one row, and a task that nobody labelled', () => {
  const kinds = { open: binary(), age: regression() };
  const flow = flowOf(kinds, [task('open', kinds.open), task('age', kinds.age)]);
  const dataset = bind([{ x: 1, open: true }], flow);
  expect([dataset.rows, maskOf(dataset, 'open'), maskOf(dataset, 'age')]).toEqual([1, ['1'], ['0']]);
  expect([...targetsOf(dataset)].every(Number.isFinite)).toBe(true);
  expect(dataset.notes.map(({ text }) => text)).toEqual(['The task "age" has no labels: there is no column "age"']);
  expect(maskOf(bind([{ x: 1, open: true, age: null }], flow), 'age')).toEqual(['0']);
});

test('targets are in loss units, and 0 where a label does not count, however large it is', () => {
  const kinds = { open: binary(), x1: boundedRegression({ min: 0, max: 64 }), far: regression() };
  const given = isTrue('open');
  const flow = flowOf(kinds, [task('open', kinds.open), task('x1', kinds.x1, given), task('far', kinds.far, given)]);
  const dataset = bind(
    [
      { x: 0, open: true, x1: 16, far: -3 },
      { x: 0, open: false, x1: 16, far: 1e38 },
      { x: 0, open: null, x1: 16, far: 1e38 },
    ],
    flow,
  );
  const all = targetsOf(dataset);
  const targets = (path: string) => [0, 1, 2].map((row) => all[row * 3 + dataset.layout.slot(path).offset]);
  expect([targets('open'), targets('x1'), targets('far')]).toEqual([
    [1, 0, 0],
    [0.25, 0, 0],
    [-3, 0, 0],
  ]);
  expect(dataset.labels.values[3 + dataset.layout.slot('x1').offset]).toBe(16);
});

test('bad data is refused by code', () => {
  const kinds = { open: binary() };
  const flow = flowOf(kinds, [task('open', kinds.open)]);
  for (const [code, data] of [
    ['EMPTY_DATASET', []],
    ['UNKNOWN_COLUMN', [{ open: true }]],
    ['INVALID_INPUT', [{ x: Number.NaN, open: true }]],
    ['WRONG_SHAPE', [{ x: [1, 2], open: true }]],
    ['NO_LABELS', [{ x: 1 }]],
    ['INVALID_LABEL', [{ x: 1, open: 'yes' }]],
    ['INVALID_DATA', 'rows'],
  ] as const) {
    expect(() => bind(data as unknown as Table, flow)).toThrow(expect.objectContaining({ code }));
  }
});

/** Rows with an input. */
const withInput = (rows: readonly Record<string, Label>[]) => rows.map((row, i) => ({ ...row, x: [i, 0, 1] }));
const cases = fc.tuple(randomFlow, fc.integer({ min: 1, max: 6 }), fc.nat());

test('masks equal a naive recursion over each row, for random flows', () => {
  fc.assert(
    fc.property(cases, ([{ graph, flow }, count, seed]) => {
      const rows = labelRows(flow, count, seed);
      const dataset = bind(withInput(rows), flow);
      const leaves = naiveLeaves(graph);
      for (const [row, labels] of rows.entries()) {
        for (const leaf of leaves) {
          const { path } = leaf.node;
          const open = applies(leaves, leaf, labels);
          const { offset, width, index } = dataset.layout.slot(path);
          expect(dataset.applies[row * flow.tasks.length + index]).toBe(Number(open));
          const label = labels[path] ?? null;
          for (let i = 0; i < width; i++) {
            const element = Array.isArray(label) ? (label[i] ?? null) : label;
            const counts = Number(open && element !== null);
            expect(dataset.mask[row * dataset.layout.width + offset + i]).toBe(counts);
          }
        }
      }
    }),
  );
});

test('deleting a label of a row where its task does not apply changes no byte of what training sees', () => {
  fc.assert(
    fc.property(cases, ([{ flow }, count, seed]) => {
      const rows = labelRows(flow, count, seed);
      const before = bind(withInput(rows), flow);
      const tasks = flow.tasks.length;
      const truths = labelTruths(before.layout, before);
      // where unknown rows count, a label says that a row is not unknown, also where its own task may not apply
      const isStrict = flow.tasks.every(({ gates }) => gates.every(({ whenUnknown }) => whenUnknown === 'exclude'));
      const isDeleted = (at: number): boolean => (isStrict ? before.applies[at] === 0 : truths[at] === FALSE);
      const deleted = rows.map((labels, row) =>
        Object.fromEntries(
          before.layout.slots.map(({ task: { path }, index }): [string, Label] => [
            path,
            isDeleted(row * tasks + index) ? null : (labels[path] ?? null),
          ]),
        ),
      );
      const after = bind(withInput(deleted), flow);
      expect([targetsOf(after), after.mask]).toEqual([targetsOf(before), before.mask]);
      expect(after.applies).toEqual(before.applies);
    }),
  );
});

test('the order of columns changes nothing', () => {
  fc.assert(
    fc.property(cases, fc.nat(), ([{ flow }, count, seed], turn) => {
      const rows = withInput(labelRows(flow, count, seed));
      const turned = rows.map((row) => {
        const entries = Object.entries(row);
        const at = turn % entries.length;
        return Object.fromEntries([...entries.slice(at), ...entries.slice(0, at)].reverse());
      });
      const { layout: _, ...before } = bind(rows, flow);
      const { layout: __, ...after } = bind(turned, flow);
      expect(after).toEqual(before);
    }),
  );
});
