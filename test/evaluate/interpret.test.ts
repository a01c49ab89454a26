import { expect, test, vi } from 'vitest';
import { decode } from '../../src/evaluate/decode.js';
import { interpret } from '../../src/evaluate/interpret.js';
import { binary, multilabel } from '../../src/index.js';
import { initialThresholds, type SampleLosses } from '../../src/score/scores.js';
import { ask, bench, datasetOf, golden, goldenBench, goldenDataset, goldenScores, scoresFrom } from './flows.js';

const decoded = decode(goldenBench.layout, goldenScores, initialThresholds(goldenBench.flow.tasks));
const losses: SampleLosses = new Map(
  goldenBench.flow.tasks.map(({ path }) => [
    path,
    {
      rows: Int32Array.from(golden.per_sample[`indices|${path}`] ?? []),
      losses: Float32Array.from(golden.per_sample[path] ?? []),
    },
  ]),
);

test('best and worst rows of a task, with label and prediction', () => {
  const { best, worst } = interpret(goldenDataset, losses, decoded, { top: 2 }).task('open');
  expect(best.map(({ row, rank, label, prediction }) => [row, rank, label, prediction])).toEqual([
    [7, 1, true, true],
    [2, 2, false, false],
  ]);
  expect(worst.map(({ row, rank, loss, label, prediction }) => [row, rank, loss, label, prediction])).toEqual([
    [6, 1, Math.fround(1.0374879837036133), true, false],
    [1, 2, Math.fround(0.9130152463912964), false, true],
  ]);
});

test('losses keep their rows when a task counts on few rows only (dnn_cool’s misalign)', () => {
  const { best, worst } = interpret(goldenDataset, losses, decoded).task('person_flow.shirt');
  expect(best.map(({ row, loss, label, prediction }) => [row, loss, label, prediction])).toEqual([
    [7, Math.fround(0.7833396792411804), '3', '3'],
    [5, Math.fround(1.5573065280914307), '2', '1'],
  ]);
  expect(worst.map(({ row }) => row)).toEqual([5, 7]);
});

test('128 rows, the ten easiest and the ten hardest found, equal losses in the order of rows', () => {
  const single = bench({ a: binary() }, ['a']);
  const dataset = datasetOf(
    single,
    Array.from({ length: 128 }, () => ({ a: true })),
  );
  const loss = Float32Array.from({ length: 128 }, (_, row) =>
    row >= 10 && row < 20 ? 0 : row >= 20 && row < 30 ? 100 : 1,
  );
  const own = new Map([['a', { rows: Int32Array.from(loss.keys()), losses: loss }]]);
  const found = interpret(dataset, own, new Float64Array(128));
  for (const { best, worst } of [found.task('a'), found.overall]) {
    expect(best.map(({ row }) => row)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(worst.map(({ row }) => row)).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20]);
  }
});

const partial = bench({ a: binary(), t: multilabel({ classes: ['hat', 'bag'] }) }, ['a', ['t', ask('a')]]);
const dataset = datasetOf(partial, [
  { a: true, t: [true, null] },
  { a: false, t: [true, true] },
]);
const scores = scoresFrom(2, {
  a: [[0.9], [0.9]],
  t: [
    [0.9, 0.9],
    [0.1, 0.1],
  ],
});
const partialLosses: SampleLosses = new Map([
  ['a', { rows: Int32Array.of(0, 1), losses: Float32Array.of(0.1, 2.3) }],
  ['t', { rows: Int32Array.of(0), losses: Float32Array.of(0.2) }],
]);
const found = interpret(dataset, partialLosses, decode(partial.layout, scores, initialThresholds(partial.flow.tasks)));

test('a missing element of a label is null, not false', () => {
  expect(found.task('t').best).toEqual([
    {
      task_path: 't',
      side: 'best',
      rank: 1,
      row: 0,
      loss: Math.fround(0.2),
      label: { hat: true, bag: null },
      prediction: { hat: true, bag: true },
    },
  ]);
});

test('overall: all tasks of a row together', () => {
  expect(found.overall.worst.map(({ row, loss, label }) => [row, loss, label])).toEqual([
    [1, Math.fround(2.3), null],
    [0, Math.fround(Math.fround(0.1) + Math.fround(0.2)), null],
  ]);
});

test('the table', () => {
  expect(found.toString()).toMatchInlineSnapshot(`
    "a
      best        row        loss  label                  prediction
         1          0      0.1000  true                   true
         2          1      2.3000  false                  true
      worst       row        loss  label                  prediction
         1          1      2.3000  false                  true
         2          0      0.1000  true                   true
    t
      best        row        loss  label                  prediction
         1          0      0.2000  {"hat":true,"bag":nul… {"hat":true,"bag":true}
      worst       row        loss  label                  prediction
         1          0      0.2000  {"hat":true,"bag":nul… {"hat":true,"bag":true}
    over all tasks
      best        row        loss
         1          0      0.3000
         2          1      2.3000
      worst       row        loss
         1          1      2.3000
         2          0      0.3000"
  `);
  const golden80 = interpret(goldenDataset, losses, decoded).toString().split('\n');
  expect(Math.max(...golden80.map((line) => line.length))).toBeLessThanOrEqual(80);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  found.print();
  expect(log.mock.calls).toEqual([[found.toString()]]);
  log.mockRestore();
});

test('rows: tasks in flow order, then all together; best before worst; frozen', () => {
  expect(found.rows.map(({ task_path, side, row }) => [task_path, side, row])).toEqual([
    ['a', 'best', 0],
    ['a', 'best', 1],
    ['a', 'worst', 1],
    ['a', 'worst', 0],
    ['t', 'best', 0],
    ['t', 'worst', 0],
    [null, 'best', 0],
    [null, 'best', 1],
    [null, 'worst', 1],
    [null, 'worst', 0],
  ]);
  expect([found, found.rows, found.rows[0]].every(Object.isFrozen)).toBe(true);
  expect(found.toRecords()).toEqual(found.rows);
});

test('a task without rows has none of either, and the table says so', () => {
  const none = interpret(
    dataset,
    new Map([...partialLosses, ['t', { rows: new Int32Array(), losses: new Float32Array() }]]),
    new Float64Array(6),
  );
  expect(none.task('t')).toEqual({ best: [], worst: [] });
  expect(none.toString()).toContain('t\n  no row counts');
});

test('mistakes', () => {
  expect(() => found.task('T')).toThrow('UNKNOWN_TASK at T');
  expect(() => interpret(dataset, partialLosses, new Float64Array(6), { top: 0 })).toThrow('INVALID_TOP');
  const wrong = (rows: number[], own: number[]): SampleLosses =>
    new Map([['a', { rows: Int32Array.from(rows), losses: Float32Array.from(own) }]]);
  expect(() => interpret(dataset, wrong([0, 1], [1]), new Float64Array(6))).toThrow('received: 2 rows, 1 losses');
  expect(() => interpret(dataset, wrong([2], [1]), new Float64Array(6))).toThrow('received: row 2');
});
