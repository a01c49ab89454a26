import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { interpret, startInterpretation, withoutMissing } from '../../src/evaluate/interpret.js';
import { binary, multilabel } from '../../src/index.js';
import { truthRows } from '../../src/score/fold.js';
import type { NetworkScores } from '../../src/score/scorer.js';
import { initialThresholds, type Scores } from '../../src/score/scores.js';
import {
  ask,
  type Bench,
  bench,
  datasetOf,
  golden,
  goldenBench,
  goldenDataset,
  goldenScores,
  scoreRows,
  scoresFrom,
} from './flows.js';

const initial = initialThresholds(goldenBench.flow.tasks);

/** Element losses `[rows, layout.width]` by task path, `[row][element]`; 100 where none is given: it must not count. */
function withLosses(
  { layout }: Bench,
  scores: Scores,
  byPath: Readonly<Record<string, readonly (readonly [row: number, ...losses: number[]])[]>>,
): NetworkScores {
  const elementLosses = new Float32Array(scores.rows * layout.width).fill(100);
  for (const [path, rows] of Object.entries(byPath)) {
    for (const [row, ...losses] of rows) elementLosses.set(losses, row * layout.width + layout.slot(path).offset);
  }
  return { ...scores, elementLosses };
}

// dnn_cool's loss of a multilabel is the sum over its classes: a third of it on each, which is ours
const goldenLosses = withLosses(
  goldenBench,
  goldenScores,
  Object.fromEntries(
    goldenBench.flow.tasks.map(({ path, kind }) => [
      path,
      (golden.per_sample[path] ?? []).map((loss, k) => [
        golden.per_sample[`indices|${path}`]?.[k] ?? Number.NaN,
        ...Array.from({ length: kind.width }, () => loss / kind.width),
      ]),
    ]),
  ),
);

test('best and worst rows of a task, with label and prediction', () => {
  const { best, worst } = interpret(goldenDataset, goldenLosses, initial, { top: 2 }).task('open');
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
  const { best, worst } = interpret(goldenDataset, goldenLosses, initial).task('person_flow.shirt');
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
  const scores = scoresFrom(128, { a: Array.from(loss, () => [0.9]) });
  const own = withLosses(single, scores, { a: Array.from(loss, (value, row) => [row, value]) });
  const found = interpret(dataset, own, initialThresholds(single.flow.tasks));
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
const partialInitial = initialThresholds(partial.flow.tasks);
const partialLosses = withLosses(partial, scores, {
  a: [
    [0, 0.1],
    [1, 2.3],
  ],
  t: [[0, 0.2]],
});
const found = interpret(dataset, partialLosses, partialInitial);

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
         1          0      0.2000  {"hat":true…bag":null} {"hat":true,"bag":true}
      worst       row        loss  label                  prediction
         1          0      0.2000  {"hat":true…bag":null} {"hat":true,"bag":true}
    over all tasks
      best        row        loss
         1          0      0.3000
         2          1      2.3000
      worst       row        loss
         1          1      2.3000
         2          0      0.3000"
  `);
  const golden80 = interpret(goldenDataset, goldenLosses, initial).toString().split('\n');
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
  const closed = datasetOf(partial, [{ a: false, t: [true, true] }]);
  const own = scoresFrom(1, { a: [[0.9]], t: [[0.9, 0.9]] });
  const none = interpret(closed, withLosses(partial, own, { a: [[0, 1]] }), partialInitial);
  expect(none.task('t')).toEqual({ best: [], worst: [] });
  expect(none.toString()).toContain('t\n  no row counts');
});

test('mistakes', () => {
  expect(() => found.task('T')).toThrow('UNKNOWN_TASK at T');
  expect(() => interpret(dataset, partialLosses, partialInitial, { top: 0 })).toThrow('INVALID_TOP');
  expect(() => interpret(dataset, { ...scores, elementLosses: null }, partialInitial)).toThrow('have no losses');
  const short = { ...scores, elementLosses: new Float32Array(1) };
  expect(() => interpret(dataset, short, partialInitial)).toThrow('1 losses, 2 rows');
});

test('chunks of any size give the same rows as the whole', () => {
  const rows = Array.from({ length: 23 }, (_, i) => ({ a: i % 3 !== 0, t: [i % 2 === 0, i % 5 === 0 ? null : true] }));
  const truth = datasetOf(partial, rows);
  const odds = rows.map((_, i) => [((i * 7) % 23) / 23]);
  const all = scoresFrom(23, { a: odds, t: odds.map(([p = 0]) => [p, 1 - p]) });
  const elements = rows.map((_, i) => [i, ((i * 5) % 11) / 4, ((i * 3) % 7) / 8] as const);
  const whole = withLosses(partial, all, { a: elements.map(([i, loss]) => [i, loss]), t: elements });
  const expected = interpret(truth, whole, partialInitial, { top: 3 });
  for (const size of [1, 7, 23]) {
    const fold = startInterpretation(partial.layout, partialInitial, { top: 3 });
    for (let start = 0; start < 23; start += size) {
      const end = Math.min(23, start + size);
      fold.add(truthRows(truth, start, end), scoreRows(partial.layout, whole, start, end));
    }
    expect(fold.result().rows).toEqual(expected.rows);
  }
});

test('the rows of random losses, with ties, are those that sorting all of them gives', () => {
  const single = bench({ a: binary() }, ['a']);
  const thresholds = initialThresholds(single.flow.tasks);
  const loss = fc.option(
    fc.integer({ min: 0, max: 4 }).map((x) => x / 4),
    { freq: 4 },
  );
  fc.assert(
    fc.property(fc.array(loss, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (losses, top) => {
      const truth = datasetOf(
        single,
        losses.map((own) => ({ a: own === null ? null : true })),
      );
      const all = scoresFrom(losses.length, { a: losses.map(() => [0.9]) });
      const own = withLosses(single, all, { a: losses.flatMap((x, row) => (x === null ? [] : [[row, x] as const])) });
      const sorted = losses
        .flatMap((x, row) => (x === null ? [] : [{ row, loss: x }]))
        .sort((a, b) => a.loss - b.loss || a.row - b.row);
      const told = interpret(truth, own, thresholds, { top });
      for (const { best, worst } of [told.task('a'), told.overall]) {
        expect(best.map(({ row, loss: x, rank }) => ({ row, loss: x, rank }))).toEqual(
          sorted.slice(0, top).map((one, i) => ({ ...one, rank: i + 1 })),
        );
        expect(worst.map(({ row, loss: x, rank }) => ({ row, loss: x, rank }))).toEqual(
          [...sorted]
            .reverse()
            .slice(0, top)
            .map((one, i) => ({ ...one, rank: i + 1 })),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test.each([0, -1, 1.5, Number.NaN, '3'])('%j is no number of rows', (top) => {
  expect(() => interpret(dataset, partialLosses, partialInitial, { top: top as number })).toThrow(
    expect.objectContaining({ code: 'INVALID_TOP', path: 'top' }),
  );
});

describe('a label of which elements are missing', () => {
  const record = (encoded: Float64Array, offset: number) => ({ a: encoded[offset], b: encoded[offset + 1] });
  const encoded = Float64Array.of(9, 9, 5, 0, 9);

  test('keeps what is there, whatever it reads as', () => {
    const known = (present: number[]): unknown =>
      withoutMissing(record(encoded, 2), record, encoded, Uint8Array.from(present), 2);
    expect(known([1, 0])).toEqual({ a: 5, b: null });
    expect(known([0, 1])).toEqual({ a: null, b: 0 });
    expect(known([0, 0])).toEqual({ a: null, b: null });
    expect(known([1, 1])).toEqual({ a: 5, b: 0 });
  });

  test('is not known at all where it, or what it could be, is no record', () => {
    const any = (label: unknown, other: unknown): unknown =>
      withoutMissing(label, () => other, encoded, Uint8Array.of(1, 0), 2);
    for (const [label, other] of [
      [3, { a: 1 }],
      [null, { a: 1 }],
      [{ a: 1 }, 3],
      [{ a: 1 }, null],
      [3, 3],
      ['x', 'y'],
    ]) {
      expect(any(label, other)).toBeNull();
    }
    expect(any({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1, b: null });
  });
});
