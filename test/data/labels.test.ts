import { expect, test } from 'vitest';
import { bindLabels } from '../../src/data/labels.js';
import { Table } from '../../src/data/table.js';
import { HeadgateError } from '../../src/errors.js';
import type { Flow, FlowTask } from '../../src/flow/flow.js';
import { binary } from '../../src/tasks/binary.js';
import { boundedRegression } from '../../src/tasks/bounded-regression.js';
import { classification } from '../../src/tasks/classification.js';
import type { TaskKind } from '../../src/tasks/kind.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { multilabel } from '../../src/tasks/multilabel.js';
import { regression } from '../../src/tasks/regression.js';
import { targetsOf } from '../support/targets.js';

/** A flow without conditions over tasks given by path: all that labels ask for. */
function layoutFor(kinds: Readonly<Record<string, TaskKind>>) {
  const tasks = Object.entries(kinds).map(([path, kind]): FlowTask<TaskKind> => {
    const name = path.split('.').at(-1) ?? path;
    const node = {
      type: 'task',
      name,
      path,
      kind: kind.kind,
      options: kind.options,
      feature: 'f',
      condition: null,
    } as const;
    return {
      path,
      name,
      feature: 'f',
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
  const root = {
    type: 'flow',
    name: 'root',
    path: '',
    condition: null,
    members: tasks.map(({ node }) => node),
  } as const;
  const flow: Flow<TaskKind> = {
    graph: { format: 'headgate-flow', version: 1, name: 'test', inputs: {}, root },
    tasks,
    evaluationOrder: tasks,
    task: () => {
      throw new Error('not asked for');
    },
  };
  return layoutOf(flow);
}

function failure(kinds: Readonly<Record<string, TaskKind>>, table: Table, taken = new Set<string>()): HeadgateError {
  try {
    bindLabels(table, layoutFor(kinds), taken);
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
  throw new Error('expected a HeadgateError');
}

const classes = ['red', 'green', 'blue'] as const;

test('each kind encodes its column into its place; missing elements are 0 and not present', () => {
  const layout = layoutFor({
    open: binary(),
    shirt: classification({ classes }),
    traits: multilabel({ classes }),
    x1: boundedRegression({ min: 0, max: 64 }),
    y: regression(),
  });
  const table = Table.fromColumns({
    open: [true, null, false],
    shirt: ['blue', 'red', null],
    traits: [['red', 'blue'], [1, null, 0], null],
    x1: [16, Number.NaN, 64],
    y: [null, -1.5, undefined],
  });
  const { labels, notes } = bindLabels(table, layout, new Set());
  expect(notes).toEqual([]);
  const column = (path: string, from: ArrayLike<number>) => {
    const { offset, width } = layout.slot(path);
    return [0, 1, 2].map((row) =>
      Array.from(from).slice(row * labels.width + offset, row * labels.width + offset + width),
    );
  };
  expect([labels.rows, labels.width, labels.values.length]).toEqual([3, 7, 21]);
  expect(column('open', labels.values)).toEqual([[1], [0], [0]]);
  expect(column('open', labels.present)).toEqual([[1], [0], [1]]);
  expect(column('shirt', labels.values)).toEqual([[2], [0], [0]]);
  expect(column('shirt', labels.present)).toEqual([[1], [1], [0]]);
  expect(column('traits', labels.values)).toEqual([
    [1, 0, 1],
    [1, 0, 0],
    [0, 0, 0],
  ]);
  expect(column('traits', labels.present)).toEqual([
    [1, 1, 1],
    [1, 0, 1],
    [0, 0, 0],
  ]);
  expect(column('x1', labels.values)).toEqual([[16], [0], [64]]);
  expect(column('y', labels.values)).toEqual([[0], [-1.5], [0]]);
  const targets = targetsOf({ rows: labels.rows, labels, mask: labels.present, layout });
  expect(column('x1', targets)).toEqual([[0.25], [0], [1]]);
  expect(column('y', targets)).toEqual([[0], [-1.5], [0]]);
  expect(column('traits', targets)).toEqual(column('traits', labels.values));
});

test('a missing bounded label stays 0 in loss units, also where 0 lies outside the interval', () => {
  const layout = layoutFor({ x: boundedRegression({ min: 10, max: 20 }) });
  const { labels } = bindLabels(Table.fromColumns({ x: [null, 15] }), layout, new Set());
  expect([...targetsOf({ rows: 2, labels, mask: labels.present, layout })]).toEqual([0, 0.5]);
});

test('a column is found by path, else by name', () => {
  const kinds = { 'left.x': regression(), 'right.x': regression() };
  const table = Table.fromColumns({ 'left.x': [1], x: [2] });
  expect([...bindLabels(table, layoutFor(kinds), new Set()).labels.values]).toEqual([1, 2]);
});

test('a multilabel may be a tensor column of flags', () => {
  const layout = layoutFor({ traits: multilabel({ classes }) });
  const table = Table.fromColumns({ traits: { data: new Uint8Array([1, 0, 1, 0, 0, 1]), shape: [3] } });
  expect([...bindLabels(table, layout, new Set()).labels.values]).toEqual([1, 0, 1, 0, 0, 1]);
});

test('a task without a column is unlabelled and noted, with the nearest unused column', () => {
  const layout = layoutFor({ doorOpen: binary(), 'person.shirt': classification({ classes }), far: binary() });
  const table = Table.fromColumns({ doorOpen: [true], shrit: ['red'], unrelated: [1], fra: [1] });
  const { labels, notes } = bindLabels(table, layout, new Set(['fra']));
  expect(notes.map(({ text }) => text)).toEqual([
    'The task "person.shirt" has no labels: there is no column "person.shirt" or "shirt"; did you mean "shrit"?',
    'The task "far" has no labels: there is no column "far"',
  ]);
  expect(labels.present.reduce((sum, byte) => sum + byte, 0)).toBe(1);
});

test('a table without any label column is refused', () => {
  const error = failure(
    { doorOpen: binary(), x: regression() },
    Table.fromColumns({ frame: [1], dorOpen: [1] }),
    new Set(['frame']),
  );
  expect(error.message).toBe(
    [
      'NO_LABELS at data: No column holds labels of any task.',
      '  expected: columns named after tasks: ["doorOpen","x"]',
      '  received: besides the inputs: ["dorOpen"]',
      '  did you mean "dorOpen"?',
      '  Rename the columns: table.rename({ old: "new" }).',
    ].join('\n'),
  );
  expect(failure({ x: regression() }, Table.fromColumns({ frame: [1] }), new Set(['frame'])).received).toBe(
    'only the inputs',
  );
});

test('a label column in which everything is missing is fine, and noted', () => {
  const layout = layoutFor({ open: binary() });
  const { labels, notes } = bindLabels(Table.fromColumns({ open: [null, null] }), layout, new Set());
  expect([...labels.present]).toEqual([0, 0]);
  expect(notes.map(({ text }) => text)).toEqual([
    'The task "open" has no labels: every value of the column "open" is missing',
  ]);
});

test.each<[string, TaskKind, unknown[], string, string]>([
  ['binary 2', binary(), [true, 2], 'INVALID_LABEL', 'rows[1].task'],
  ['binary sentinel', binary(), [-1], 'INVALID_LABEL', 'rows[0].task'],
  ['binary Infinity', binary(), [Number.POSITIVE_INFINITY], 'INVALID_LABEL', 'rows[0].task'],
  ['unknown class', classification({ classes }), ['red', 'rde'], 'UNKNOWN_CLASS', 'rows[1].task'],
  ['class index out of range', classification({ classes }), [0, 3], 'INVALID_LABEL', 'rows[1].task'],
  ['unknown class of a multilabel', multilabel({ classes }), [['red'], ['bleu']], 'UNKNOWN_CLASS', 'rows[1].task'],
  ['wrong number of flags', multilabel({ classes }), [[1, 0]], 'INVALID_LABEL', 'rows[0].task'],
  ['below the interval', boundedRegression({ min: 0, max: 64 }), [0, -1], 'LABEL_OUT_OF_RANGE', 'rows[1].task'],
  ['above the interval', boundedRegression({ min: 0, max: 64 }), [64.5], 'LABEL_OUT_OF_RANGE', 'rows[0].task'],
  ['Infinity', regression(), [1, Number.POSITIVE_INFINITY], 'INVALID_LABEL', 'rows[1].task'],
  ['-Infinity', regression(), [Number.NEGATIVE_INFINITY], 'INVALID_LABEL', 'rows[0].task'],
  ['beyond float32', regression(), [1e300], 'INVALID_LABEL', 'rows[0].task'],
  ['text in a regression', regression(), ['one'], 'INVALID_LABEL', 'rows[0].task'],
])('refuses a wrong label, with its row: %s', (_, kind, labels, code, path) => {
  const error = failure({ task: kind }, Table.fromColumns({ task: labels }));
  expect(error).toMatchObject({ code, path });
  expect(error.message).toMatch(/\n {2}expected: .+\n {2}received: .+/);
});

test('the path of a wrong label names the column that was read', () => {
  const table = Table.fromColumns({ shirt: ['red', 'rde'] });
  expect(failure({ 'person.shirt': classification({ classes }) }, table)).toMatchObject({
    path: 'rows[1].shirt',
    suggestion: 'red',
  });
});

test('a kind from outside cannot smuggle in NaN, nor leave a number where a label is missing', () => {
  const nan: TaskKind = {
    ...regression(),
    encode: (_, { values, present, offset }) => {
      values[offset] = Number.NaN;
      present[offset] = 1;
    },
  };
  expect(failure({ task: nan }, Table.fromColumns({ task: [5] }))).toMatchObject({
    code: 'INVALID_LABEL',
    path: 'rows[0].task',
    received: '5',
  });
  const absent: TaskKind = {
    ...regression(),
    encode: (_, { values, offset }) => {
      values[offset] = Number.NaN;
    },
  };
  const { labels } = bindLabels(Table.fromColumns({ task: [5] }), layoutFor({ task: absent }), new Set());
  expect([[...labels.values], [...labels.present]]).toEqual([[0], [0]]);
});

test('a task may be called __proto__ or constructor', () => {
  const kinds = Object.fromEntries([
    ['__proto__', regression()],
    ['constructor', regression()],
  ]);
  const table = Table.fromRecords(JSON.parse('[{"__proto__": 1, "constructor": 2}]'));
  expect([...bindLabels(table, layoutFor(kinds), new Set()).labels.values]).toEqual([1, 2]);
  expect(failure({ constructor: regression() }, Table.fromColumns({ x: [1] })).code).toBe('NO_LABELS');
});
