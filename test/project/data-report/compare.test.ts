import { expect, test } from 'vitest';
import {
  binary,
  classification,
  multilabel,
  Project,
  type Row,
  regression,
  Table,
  vector,
} from '../../../src/index.js';
import { comparedShares } from '../../../src/project/data-report/compare.js';

const project = new Project({
  name: 'splits',
  inputs: { x: vector({ columns: ['a', 'b'] }) },
  tasks: {
    open: binary(),
    shirt: classification({ classes: ['red', 'blue'] }),
    size: regression(),
    traits: multilabel({ classes: ['hat', 'beard'] }),
  },
  onNote: () => {},
}).flow('full', (task, x) => [
  task.open(x.features),
  task.shirt(x.features),
  task.size(x.features),
  task.traits(x.features),
]);

/** A share of the rows says yes, is red, has a hat; sizes are `from` and two more in turn. */
const rowsOf = (count: number, { from, yes, size }: { from: number; yes: number; size: number }): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ a: from + i, b: -(from + i) },
    open: i < count * yes,
    shirt: i < count * yes ? 'red' : 'blue',
    size: size + 2 * (i % 2),
    traits: { hat: i < count * yes, beard: i === 0 ? false : null },
  }));
const train = rowsOf(200, { from: 0, yes: 0.5, size: 4 });
const test100 = rowsOf(100, { from: 1000, yes: 0.8, size: 4 });
const compared = async (data: readonly Row[] | Table, compareWith: unknown, options = {}) =>
  (await project.describeData(data as never, { compareWith: compareWith as never, ...options })).comparison;

test('shares and means of the labels that count, with the standard error of their difference', async () => {
  const comparison = await compared(train, test100);
  expect(comparison?.rows).toBe(100);
  // pooled: 180 of 300 say yes
  const error = Math.sqrt(0.6 * 0.4 * (1 / 200 + 1 / 100));
  const share = { of: 'share', standardError: expect.closeTo(error, 12), differs: true };
  expect(comparison?.shares).toEqual([
    { task: 'open', name: null, ...share, here: 0.5, there: 0.8 },
    { task: 'shirt', name: 'red', ...share, here: 0.5, there: 0.8 },
    { task: 'shirt', name: 'blue', ...share, here: 0.5, there: expect.closeTo(0.2, 12) },
    {
      ...{ task: 'size', name: null, of: 'mean', here: 5, there: 5, differs: false },
      standardError: expect.closeTo(Math.sqrt(1 / 200 + 1 / 100), 12),
    },
    { task: 'traits', name: 'hat', ...share, here: 0.5, there: 0.8 },
    { task: 'traits', name: 'beard', of: 'share', here: 0, there: 0, standardError: null, differs: false },
  ]);
});

test('a difference within three standard errors is none; a mean that moved is one', async () => {
  const near = await compared(train, rowsOf(100, { from: 0, yes: 0.6, size: 4.2 }));
  expect(near?.shares.filter(({ differs }) => differs)).toEqual([]);
  const far = await compared(train, rowsOf(100, { from: 0, yes: 0.5, size: 5 }));
  expect(far?.shares.filter(({ differs }) => differs).map(({ task }) => task)).toEqual(['size']);
});

test('tasks without labels in one of both are not compared', async () => {
  const comparison = await compared(
    train.map((row) => ({ ...row, open: null })),
    test100.map((row) => ({ ...row, size: null })),
  );
  expect(comparison?.shares.map(({ task }) => task)).toEqual(['shirt', 'shirt', 'traits', 'traits']);
  expect(comparedShares([], [])).toEqual([]);
});

test('rows whose inputs are in both, whatever their labels', async () => {
  const leaked = [...test100.slice(0, 90), ...train.slice(5, 15).map((row) => ({ ...row, open: null }))];
  expect((await compared(train, leaked))?.inBoth).toEqual({ rows: 10, first: 90 });
  expect((await compared(train, test100))?.inBoth).toEqual({ rows: 0, first: null });
  // every one of them counts, though it comes twice
  expect((await compared(train, [...leaked, ...leaked]))?.inBoth).toEqual({ rows: 20, first: 90 });
  expect((await compared(Table.fromRecords(train), () => leaked))?.inBoth).toEqual({ rows: 10, first: 90 });
  expect((await compared(train, leaked, { repeats: false }))?.inBoth).toBeNull();
});

test('without rows to compare with there is no comparison; with `repeats: false` nobody counts them', async () => {
  const report = await project.describeData([...train, ...train.slice(0, 3)] as never);
  expect(report.comparison).toBeNull();
  expect(report.repeatedRows).toEqual({ rows: 3, first: 200 });
  expect((await project.describeData(train as never, { repeats: false })).repeatedRows).toBeNull();
});

test('the text says what differs, and what is in both', async () => {
  const report = await project.describeData(train as never, { compareWith: [...test100, train[7]] as never });
  const lines = String(report).split('\n');
  expect(lines).toContain('compared with 101 other rows');
  expect(lines).toContain('in both: 1 (first: row 100) of the others have inputs of these rows');
  expect(lines).toContain('differs: open: 50 % here, 80.2 % there');
  expect(lines).toContain('differs: shirt["blue"]: 50 % here, 19.8 % there');
});
