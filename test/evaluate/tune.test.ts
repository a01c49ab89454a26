import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { evaluate } from '../../src/evaluate/evaluation.js';
import { type TuneOptions, tune } from '../../src/evaluate/tune.js';
import { binary, HeadgateError, multilabel, regression } from '../../src/index.js';
import { initialThresholds } from '../../src/score/scores.js';
import { f1Score } from '../../src/tasks/metrics/counts.js';
import { ask, bench, datasetOf, golden, goldenBench, goldenDataset, goldenScores, scoresFrom } from './flows.js';

/** The search alone; when a threshold moves is told in `tune-decision.test.ts`. */
const exact: TuneOptions = { method: 'exact' };
const initial = initialThresholds(goldenBench.flow.tasks);
const traits = 'person_flow.face.traits';

/** Metric of each task's decisions at some thresholds, by the evaluation, which shares no code with the search. */
const valueAt = (path: string, metric: string, thresholds: readonly number[]): number =>
  evaluate(goldenDataset, goldenScores, new Map(initial).set(path, thresholds)).value(path, metric) ?? Number.NaN;

test('f1 at our thresholds is never below that at dnn_cool’s, and is what the evaluation then says', () => {
  const tuning = tune(goldenDataset, goldenScores, initial, exact);
  for (const path of ['blocked', 'open', 'locked', 'person']) {
    const own = tuning.thresholds.get(path) ?? [];
    const row = tuning.rows.find((one) => one.task_path === path);
    expect(valueAt(path, 'f1_score', own)).toBeGreaterThanOrEqual(
      valueAt(path, 'f1_score', [golden.tuned_head[path]?.threshold ?? 0]),
    );
    expect(row?.metric_after).toBe(valueAt(path, 'f1_score', own));
    expect(row?.metric_before).toBe(valueAt(path, 'f1_score', [0.5]));
    expect(row).toMatchObject({
      metric_name: 'f1_score',
      threshold_before: 0.5,
      threshold_after: own[0],
      decision: null,
    });
  }
});

test('accuracy of binaries and of each class of a multilabel is never below that at dnn_cool’s thresholds', () => {
  const tuning = tune(goldenDataset, goldenScores, initial, { ...exact, metric: 'accuracy' });
  for (const [path, threshold] of Object.entries(golden.tuned_v020_binary)) {
    const own = valueAt(path, 'accuracy', tuning.thresholds.get(path) ?? []);
    expect(own).toBeGreaterThanOrEqual(valueAt(path, 'accuracy', [threshold]));
  }
  const theirs = golden.tuned_head[traits]?.thresholds ?? [];
  expect(valueAt(traits, 'accuracy', tuning.thresholds.get(traits) ?? [])).toBeGreaterThanOrEqual(
    valueAt(traits, 'accuracy', theirs),
  );
  const classes = tuning.rows.filter((row) => row.task_path === traits);
  expect(classes.map((row) => [row.decision, row.num_samples])).toEqual([
    ['0', 3],
    ['1', 3],
    ['2', 3],
  ]);
});

const kinds = { open: binary(), locked: binary(), traits: multilabel({ classes: ['hat', 'bag'] }), age: regression() };
const door = bench(kinds, ['open', ['locked', ask('open')], ['traits', ask('open')], 'age']);
const thresholds = initialThresholds(door.flow.tasks);
const labels = [
  { open: true, locked: true, traits: [true, null] },
  { open: true, locked: false, traits: [false, null] },
  { open: false, locked: true, traits: [true, true] },
  { open: null, locked: true, traits: [true, true] },
];
const scores = scoresFrom(4, {
  open: [[0.3], [0.4], [0.2], [0.9]],
  locked: [[0.2], [0.1], [0.05], [0.01]],
  traits: [
    [0.7, 0.5],
    [0.8, 0.5],
    [0.1, 0.5],
    [0.1, 0.5],
  ],
  age: [[0], [0], [0], [0]],
});

test('only rows whose true condition holds take part; each class by itself; a class without a row keeps its threshold', () => {
  const tuning = tune(datasetOf(door, labels), scores, thresholds, exact);
  expect(
    tuning.rows.map((row) => [
      row.task_path,
      row.decision,
      row.threshold_after,
      row.metric_before,
      row.metric_after,
      row.num_samples,
    ]),
  ).toEqual([
    ['open', null, expect.closeTo(0.25, 6), 0, 1, 3],
    ['locked', null, expect.closeTo(0.15, 6), 0, 1, 2],
    ['traits', 'hat', 0.5, 2 / 3, 2 / 3, 2],
    ['traits', 'bag', 0.5, null, null, 0],
  ]);
  expect(tuning.rows.map(({ moved, why }) => [moved, why])).toEqual([
    [true, 'the best of all thresholds'],
    [true, 'the best of all thresholds'],
    [false, 'the best of all thresholds'],
    [false, 'kept: no row has a label here and a true condition'],
  ]);
  expect(tuning.rows.map(({ num_positives, gain }) => [num_positives, gain])).toEqual([
    [2, 1],
    [1, 1],
    [1, 0],
    [0, null],
  ]);
  expect([...tuning.thresholds.keys()]).toEqual(['open', 'locked', 'traits']);
  expect(tuning.thresholds.get('traits')).toEqual([0.5, 0.5]);
});

test('labels of one class only are noted', () => {
  const one = datasetOf(door, [{ open: true, locked: false }]);
  const few = scoresFrom(1, { open: [[0.3]], locked: [[0.2]], traits: [[0.7, 0.5]], age: [[0]] });
  const said = (options: TuneOptions) => tune(one, few, thresholds, options).rows.slice(0, 2);
  expect(said(exact).map(({ threshold_after, why }) => [threshold_after, why])).toEqual([
    [expect.closeTo(0.15, 6), 'every label is positive: the threshold says little'],
    [0.5, 'every label is negative: the threshold says little'],
  ]);
  expect(said({}).map(({ threshold_after, why }) => [threshold_after, why])).toEqual([
    [0.5, 'kept: every label is positive'],
    [0.5, 'kept: every label is negative'],
  ]);
});

test('a label that is neither true nor false is refused: a kind from outside may have one', () => {
  const one = datasetOf(door, [{ open: true, locked: false }]);
  const values = Float64Array.from(one.labels.values, (label) => (label === 1 ? 0.5 : label));
  const few = scoresFrom(1, { open: [[0.3]], locked: [[0.2]], traits: [[0.7, 0.5]], age: [[0]] });
  expect(() => tune({ ...one, labels: { ...one.labels, values } }, few, thresholds)).toThrow(
    expect.objectContaining({ code: 'INVALID_LABEL', path: 'open', received: '0.5' }),
  );
});

test('the metric: a name, a function, or one for each path, the rest at f1', () => {
  const dataset = datasetOf(door, labels);
  const cost = ({ fp, fn }: { fp: number; fn: number }): number => -(10 * fp + fn);
  const rows = tune(dataset, scores, thresholds, { ...exact, metric: { traits: cost, locked: 'recall' } }).rows;
  expect(rows.map((row) => row.metric_name)).toEqual(['f1_score', 'recall', 'cost', 'cost']);
  // a false hat costs ten, a missed one one: above 0.8 nothing is a hat
  expect(rows[2]).toMatchObject({ metric_before: -10, metric_after: -1 });
  expect(rows[2]?.threshold_after).toBeGreaterThan(0.8);
  expect(tune(dataset, scores, thresholds, { ...exact, metric: f1Score }).rows[0]?.metric_after).toBe(1);
});

test('mistaken metrics are explained', () => {
  const dataset = datasetOf(door, labels);
  const thrown = (metric: unknown): HeadgateError => {
    try {
      tune(dataset, scores, thresholds, { metric: metric as 'accuracy' });
    } catch (error) {
      if (error instanceof HeadgateError) return error;
    }
    throw new Error('nothing thrown');
  };
  expect(thrown('acuracy')).toMatchObject({ code: 'UNKNOWN_METRIC', path: 'metric', suggestion: 'accuracy' });
  expect(thrown('constructor').code).toBe('UNKNOWN_METRIC');
  expect(thrown(null).code).toBe('UNKNOWN_METRIC');
  expect(thrown({ open: 'f2' })).toMatchObject({ code: 'UNKNOWN_METRIC', path: 'metric.open' });
  expect(thrown({ opne: 'accuracy' })).toMatchObject({ code: 'UNKNOWN_TASK', path: 'metric.opne', suggestion: 'open' });
  expect(thrown({ age: 'accuracy' })).toMatchObject({ code: 'NO_THRESHOLDS', path: 'metric.age' });
  expect(thrown(() => Number.NaN).code).toBe('INVALID_METRIC');
});

test('a kind whose thresholds do not belong to scores one by one keeps them, and the result says so', () => {
  const ordinal = { ...binary(), thresholds: { names: ['low', 'high'], initial: 0.5 } };
  const odd = bench({ grade: ordinal }, ['grade']);
  const tuning = tune(
    datasetOf(odd, [{ grade: true }]),
    scoresFrom(1, { grade: [[0.4]] }),
    new Map([['grade', [0.3, 0.6]]]),
  );
  expect(tuning.thresholds.get('grade')).toEqual([0.3, 0.6]);
  expect(tuning.rows.map((row) => row.why)).toEqual(
    Array(2).fill('kept: this kind does not have one score for each threshold'),
  );
});

test('the table', () => {
  const tuning = tune(datasetOf(door, labels), scores, thresholds);
  expect(tuning.toString()).toMatchInlineSnapshot(`
    "                            threshold            metric           gain on
                          before    after   before    after    these   others   rows
    open: f1_score
      threshold           0.5000   0.2500   0.0000   1.0000   1.0000   0.7500      3
    locked: f1_score
      threshold           0.5000   0.5000   0.0000   0.0000   1.0000   0.0000      2
        kept: the gain does not hold on rows that did not choose the threshold
    traits: f1_score
      hat                 0.5000   0.5000   0.6667   0.6667   0.0000        –      2
      bag                 0.5000   0.5000        –        –        –        –      0
        kept: no row has a label here and a true condition"
  `);
  expect(
    Math.max(
      ...tuning
        .toString()
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  tuning.print();
  expect(log.mock.calls).toEqual([[tuning.toString()]]);
  log.mockRestore();
  expect([tuning, tuning.rows, tuning.rows[0]].every(Object.isFrozen)).toBe(true);
  expect(tuning.toRecords()).toEqual(tuning.rows);
});

test('no threshold at all: nothing to tune, and the table says so', () => {
  const plain = bench({ age: regression() }, ['age']);
  const tuning = tune(datasetOf(plain, [{ age: 1 }]), scoresFrom(1, { age: [[0.5]] }), new Map());
  expect([tuning.rows, tuning.thresholds.size, tuning.toString()]).toEqual([
    [],
    0,
    'No task of this flow has a threshold.',
  ]);
});

test('random rows: no threshold on a fine grid does better', () => {
  const single = bench({ a: binary() }, ['a']);
  const row = fc.record({ label: fc.constantFrom(true, false, null), score: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 25 }), (rows) => {
      fc.pre(rows.some(({ label }) => label !== null));
      const dataset = datasetOf(
        single,
        rows.map(({ label }) => ({ a: label })),
      );
      const given = scoresFrom(rows.length, { a: rows.map(({ score }) => [score / 20]) });
      const at = (threshold: number) =>
        evaluate(dataset, given, new Map([['a', [threshold]]])).value('a', 'f1_score') ?? 0;
      const [found] = tune(dataset, given, initialThresholds(single.flow.tasks), exact).rows;
      expect(at(found?.threshold_after ?? 0)).toBe(found?.metric_after);
      for (let step = 0; step <= 40; step++) expect(at(step / 40)).toBeLessThanOrEqual(found?.metric_after ?? 0);
    }),
    { numRuns: 40 },
  );
});

test('the order of the rows does not matter, nor do rows that do not count', () => {
  const single = bench({ a: binary() }, ['a']);
  const all = Array.from({ length: 90 }, (_, i) => ({
    label: i % 7 === 0 ? null : Math.sin(i) > 0.3,
    score: (Math.sin(i) + Math.sin(5 * i) + 2) / 8,
  }));
  const rowOf = (rows: typeof all) => {
    const dataset = datasetOf(
      single,
      rows.map(({ label }) => ({ a: label })),
    );
    const given = scoresFrom(rows.length, { a: rows.map(({ score }) => [score]) });
    return tune(dataset, given, initialThresholds(single.flow.tasks)).rows[0];
  };
  const expected = rowOf(all);
  expect(expected).toMatchObject({ moved: true, num_samples: 77 });
  expect(rowOf([...all].reverse())).toEqual(expected);
  expect(rowOf(all.filter(({ label }) => label !== null))).toEqual(expected);
});
