import { expect, test } from 'vitest';
import {
  along,
  binary,
  category,
  columns,
  defineColumn,
  defineKind,
  invalidCell,
  Project,
  regression,
  Table,
  tensor,
  vector,
} from '../../../src/index.js';

test('of a task along an axis, positions of rows are counted', async () => {
  const tokens = new Project({
    name: 'tokens',
    inputs: { frame: tensor({ shape: [3, 2], axes: ['token', null] }) },
    tasks: { loud: along('token', binary()), level: along('token', regression()) },
    onNote: () => {},
  }).flow('full', (task, x) => {
    const loud = task.loud(x.features);
    return [loud, task.level(x.features).given(loud)];
  });
  const frame = [1, 2, 3, 4, 5, 6];
  const rows = [
    { frame, loud: [true, false, null], level: [1, 2, 3] },
    { frame, loud: [true, true, true], level: null },
    { frame, loud: [true, true], level: [5, null, null] }, // one label too few
  ];
  const { tasks } = await Reflect.apply(tokens.describeData, tokens, [rows, { fewLabels: 5 }]);
  expect(tasks).toMatchObject([
    { path: 'loud', labelled: 5, applies: { yes: 9, no: 0, unknown: 0 }, trainable: 5, isNearlyEmpty: false },
    { path: 'level', labelled: 4, applies: { yes: 4, no: 1, unknown: 4 }, trainable: 1, isNearlyEmpty: true },
  ]);
  expect(tasks[0]).toMatchObject({ refused: [{ code: 'WRONG_SHAPE', count: 1, row: 2 }] });
  expect(tasks[0]?.balance).toEqual({ of: 'decisions', decisions: [{ name: null, count: 5, positives: 4 }] });
  expect(tasks[1]?.withheld).toEqual({ no: 1, unknown: 2 });
});

test('where unknown rows are included, their labels count', async () => {
  const lenient = new Project({
    name: 'lenient',
    inputs: { x: vector({ columns: ['a'] }) },
    tasks: { open: binary(), size: regression() },
    onNote: () => {},
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.size(x.features).given(open, { whenUnknown: 'include' })];
  });
  const rows = [true, false, null, null].map((open, a) => ({ a, open, size: a < 3 ? a : null }));
  const { tasks } = await lenient.describeData(rows);
  expect(tasks[1]).toMatchObject({
    includesUnknown: true,
    applies: { yes: 1, no: 1, unknown: 2 },
    ...{ labelled: 3, trainable: 2, withheld: { no: 1, unknown: 0 } },
  });
  expect(tasks[0]?.includesUnknown).toBe(false);
  expect(String(await lenient.describeData(rows))).toContain('given open (or unknown)');
});

test('a kind of column and a kind of task from outside answer for themselves', async () => {
  const grade = defineColumn<unknown>({
    kind: 'test/anything',
    options: {},
    width: 1,
    encoder: () => ({ places: [''], says: '', encode: (cell) => (cell === null ? 'missing' : 'present') }),
  });
  const own = new Project({
    name: 'own',
    inputs: { grade },
    tasks: { place: defineKind({ ...regression({ standardise: false }), kind: 'test/place' } as never) },
    onNote: () => {},
  } as never).flow('full', (task, x) => [(task as Record<string, (x: unknown) => never>).place?.(x.features) as never]);
  const cells = [new DataView(new ArrayBuffer(8)), new Map(), 'a', null, [3, [4]]];
  const { columns, tasks } = await Reflect.apply(own.describeData, own, [
    cells.map((cell, i) => ({ grade: cell, place: i })),
  ]);
  expect(columns).toMatchObject([{ kind: 'test/anything', missing: 1, refused: [], numbers: { count: 2, mean: 3.5 } }]);
  expect(tasks).toMatchObject([{ kind: 'test/place', balance: { of: 'numbers', elements: [{ count: 5, mean: 2 }] } }]);
});

test('an array of another shape is refused, each row of it', async () => {
  const project = new Project({
    name: 'shapes',
    inputs: { x: vector({ size: 4 }) },
    tasks: { open: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.open(x.features)]);
  const x = { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [3] };
  const all = Table.fromColumns({ x, open: [true, false, true, null] });
  const { columns } = await project.describeData(all);
  expect(columns[0]?.refused).toMatchObject([{ code: 'WRONG_SHAPE', count: 4, row: 0 }]);
  const good = Table.fromColumns({ x: { ...x, shape: [4] }, open: [true, false, true] });
  const { columns: read } = await project.describeData(good);
  expect(read[0]).toMatchObject({ refused: [], values: 3, numbers: { count: 12, least: 0, greatest: 11, mean: 5.5 } });
});

test('of a category that learns its values, those are unknown that would have no place', async () => {
  const ports = new Project({
    name: 'ports',
    inputs: { row: columns({ port: category({ most: 2 }), deck: category({ values: ['a'] }) }) },
    tasks: { late: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.late(x.features)]);
  const rows = ['S', 'S', 'C', 'C', 'C', 'Q', 'B', null].map((port, i) => ({
    port,
    deck: i < 3 ? 'a' : 'b',
    late: true,
  }));
  const found = (await ports.describeData(rows)).columns.map(({ unknown, missing }) => [unknown, missing]);
  expect(found).toEqual([
    [2, 1],
    [5, 0],
  ]);
  await ports.fit(rows, { engine: 'cpu', epochs: 1, progress: false });
  const { row } = ports.describe().inputs;
  const shares = row?.kind === 'columns' ? row.columns.map(({ unknown, missing }) => [unknown, missing]) : [];
  expect(shares).toEqual(found.map((counts) => counts.map((count) => count / rows.length)));
});

test('a category of too many values is refused once, as fit refuses it', async () => {
  let added = 0;
  const limited = defineColumn<unknown>({
    kind: 'test/limited',
    options: {},
    width: 1,
    learn: () => ({
      add: (cell) => {
        if (++added > 3)
          throw invalidCell(cell, () => 'limited', { problem: 'Too many.', expected: '3', mend: 'None.' });
      },
      result: () => ({ learnt: null }),
    }),
    encoder: () => ({ places: [''], says: '', encode: () => 'present' }),
  });
  const own = new Project({ name: 'own', inputs: { limited }, tasks: { late: binary() }, onNote: () => {} }).flow(
    'full',
    (task, x) => [task.late(x.features)],
  );
  const rows = Array.from({ length: 6 }, (_, i) => ({ limited: i, late: true }));
  const report = await own.describeData(rows);
  expect(report.columns[0]?.refused).toMatchObject([{ code: 'INVALID_INPUT', count: 1, row: 3, problem: 'Too many.' }]);
  expect(added).toBe(4);
});

test('constant columns are not said to be equal', async () => {
  const same = new Project({
    name: 'same',
    inputs: { x: vector({ columns: ['a', 'b', 'c', 'd'] }) },
    tasks: { late: binary() },
    onNote: () => {},
  }).flow('full', (task, x) => [task.late(x.features)]);
  const rows = [1, 2, 3].map((c) => ({ a: 5, b: 5, c, d: c, late: true }));
  const report = await same.describeData(rows);
  expect(report.equalColumns).toEqual([['c', 'd']]);
  expect(report.columns.map(({ isConstant }) => isConstant)).toEqual([true, true, false, false]);
});
