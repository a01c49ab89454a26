/** @file Evaluation passes as folds: chunks of any size, thresholds that do what was measured, known gates. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bindTable } from '../../src/data/bind.js';
import { decide } from '../../src/evaluate/decisions.js';
import { decode } from '../../src/evaluate/decode.js';
import { evaluate, startEvaluation } from '../../src/evaluate/evaluation.js';
import { startTuning, tune } from '../../src/evaluate/tune.js';
import { startValidation } from '../../src/evaluate/validation.js';
import type { Json } from '../../src/flow/graph.js';
import { binary, classification, type Metric, multilabel, Project, regression, sgd, vector } from '../../src/index.js';
import { truthRows } from '../../src/score/fold.js';
import { LossSums } from '../../src/score/loss-sums.js';
import type { NetworkScores } from '../../src/score/scorer.js';
import { initialThresholds, type Scores } from '../../src/score/scores.js';
import { layoutOf } from '../../src/tasks/layout.js';
import { sigmoid } from '../../src/tasks/sigmoid.js';
import { labelRows, randomFlow } from '../support/random-flow.js';
import { ask, bench, datasetOf, not, scoreRows } from './flows.js';

/** Scores of any logits; activations as a sigmoid's, saturated as float32 is. */
function scoresOfLogits(rows: number, logits: Readonly<Record<string, readonly number[]>>): Scores {
  const tasks = Object.entries(logits).map(([path, own]) => {
    return [path, { logits: Float32Array.from(own), activated: Float32Array.from(own, sigmoid) }] as const;
  });
  return { rows, tasks: new Map(tasks) };
}

describe('chunks of any size', () => {
  const cut = (size: number, rows: number, add: (start: number, end: number) => void): void => {
    for (let start = 0; start < rows; start += size) add(start, Math.min(rows, start + size));
  };

  test('evaluation, tuning, losses and validation of random flows are those of the whole', () => {
    fc.assert(
      fc.property(randomFlow, fc.nat(), ({ flow, graph }, seed) => {
        const rows = 15;
        const layout = layoutOf(flow);
        const truth = bindTable(
          labelRows(flow, rows, seed).map((row) => ({ x: [0, 0, 0], ...row })),
          layout,
        );
        expect(graph.inputs.x?.shape).toEqual([3]);
        const number = (i: number, salt: number): number => (((i + 1) * 37 + seed * salt) % 23) / 4 - 2.5;
        const tasks = flow.tasks.map(({ path, kind }, t) => {
          const logits = Float32Array.from({ length: rows * kind.units }, (_, i) => number(i, t + 1));
          return [path, { logits, activated: logits.map((x) => Math.fround(sigmoid(x))) }] as const;
        });
        const elementLosses = Float32Array.from({ length: rows * layout.width }, (_, i) => Math.abs(number(i, 9)));
        const scores: NetworkScores = { rows, tasks: new Map(tasks), elementLosses };
        const thresholds = initialThresholds(flow.tasks);
        const whole = {
          evaluation: evaluate(truth, scores, thresholds),
          tuning: tune(truth, scores, thresholds),
        };
        const sums = new LossSums(layout);
        sums.addElements(truth, elementLosses);
        for (const size of [1, 7]) {
          const evaluation = startEvaluation(layout, thresholds);
          const tuning = startTuning(layout, thresholds);
          const validation = startValidation(layout, thresholds);
          cut(size, rows, (start, end) => {
            const own = [truthRows(truth, start, end), scoreRows(layout, scores, start, end)] as const;
            evaluation.add(...own);
            tuning.add(...own);
            validation.add(...own);
          });
          const found = evaluation.result();
          expect(found.rows).toEqual(whole.evaluation.rows);
          expect(tuning.result().rows).toEqual(whole.tuning.rows);
          for (const { path, kind } of flow.tasks) {
            if (kind.confusion) expect(found.confusion(path)).toEqual(whole.evaluation.confusion(path));
          }
          const { metrics, ...record } = validation.result();
          expect(record).toEqual(sums.record());
          for (const { view, task_path, metric_name, metric_res } of found.rows) {
            if (view === 'given_truth') expect(metrics[task_path]?.[metric_name]).toBe(metric_res);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a part of a truth shares its arrays', () => {
    const single = bench({ a: binary(), t: multilabel({ classes: ['x', 'y'] }) }, ['a', ['t', ask('a')]]);
    const truth = datasetOf(single, [{ a: true, t: [true, false] }, { a: false }, { a: true, t: [null, true] }]);
    const part = truthRows(truth, 1, 3);
    expect(part.labels.values.buffer).toBe(truth.labels.values.buffer);
    expect([part.rows, [...part.ids], [...part.applies], [...part.mask]]).toEqual([
      2,
      [1, 2],
      [1, 0, 1, 1],
      [1, 0, 0, 1, 0, 1],
    ]);
  });

  test('the verbs score rows in pieces: no metric, and so no evaluation, ever sees all of them', async () => {
    const seen: number[] = [];
    const watching: Metric = {
      name: 'rows',
      direction: 'maximise',
      start: () => {
        let rows = 0;
        return {
          add: (view) => {
            seen.push(view.rows);
            rows += view.rows;
          },
          results: () => [{ name: 'rows', value: rows }],
        };
      },
    };
    const project = new Project({
      name: 'pieces',
      inputs: { x: vector({ size: 2 }) },
      tasks: { a: { ...binary(), metrics: [watching] } },
    }).flow('full', (task, x) => [task.a(x.features)]);
    const rows = Array.from({ length: 600 }, (_, i) => ({ x: [i % 7, i % 5], a: i % 3 === 0 }));
    const rest = { engine: 'cpu', progress: false, epochs: 1 } as const;
    const history = await project.fit(rows.slice(0, 32), {
      ...rest,
      validation: rows,
      optimizer: sgd({ learningRate: 0 }),
    });
    const evaluation = await project.evaluate(rows, { engine: 'cpu' });
    expect(evaluation.value('a', 'rows')).toBe(600);
    expect(Math.max(...seen)).toBe(256);
    expect(history.epochs[0]?.validation?.metrics.a).toEqual({ rows: 600 });
    expect(
      (await project.interpret(rows, { engine: 'cpu', top: 600 }))
        .task('a')
        .best.map(({ row }) => row)
        .sort((a, b) => a - b),
    ).toEqual(rows.map((_, i) => i));
  });
});

describe('thresholds at scores that float32 cannot tell apart', () => {
  const single = bench({ a: binary(), t: multilabel({ classes: ['x', 'y'] }) }, ['a', 't']);
  const initial = initialThresholds(single.flow.tasks);
  const count = 20;
  const isTrue = (row: number): boolean => row >= 9;
  const truth = datasetOf(
    single,
    Array.from({ length: count }, (_, row) => ({ a: isTrue(row), t: [isTrue(row), !isTrue(row)] })),
  );

  test.each([
    [25, 30],
    [-30, -18],
    [-100, -90],
    [30, 35],
    [-1e-7, 1e-7],
  ])('logits from %d to %d: tuned F1 is 1, and so is that of the decisions made with the threshold', (from, to) => {
    const logits = Array.from({ length: count }, (_, row) => from + ((to - from) * row) / (count - 1));
    const scores = scoresOfLogits(count, {
      a: logits,
      t: logits.flatMap((x, row) => [x, logits[count - 1 - row] as number]),
    });
    const tuning = tune(truth, scores, initial, { method: 'exact' });
    expect(tuning.rows.map(({ metric_after }) => metric_after)).toEqual([1, 1, 1]);
    const after = evaluate(truth, scores, tuning.thresholds);
    expect(after.value('a', 'f1_score')).toBe(1);
    expect(after.value('t', 'f1_score_macro')).toBe(1);
    const before = evaluate(truth, scores, initial);
    expect(tuning.rows[0]?.metric_before).toBe(before.value('a', 'f1_score'));
    expect(before.value('a', 'roc_auc')).toBe(1);
    const offset = single.layout.slot('a').offset;
    const decoded = decode(single.layout, scores, tuning.thresholds);
    expect(logits.map((_, row) => decoded[row * single.layout.width + offset])).toEqual(
      logits.map((_, row) => (isTrue(row) ? 1 : 0)),
    );
  });

  test('where float64 probabilities are equal too, the best that a threshold can do is what it is said to do', () => {
    const logits = Array.from({ length: count }, (_, row) => 40 + row);
    const scores = scoresOfLogits(count, { a: logits, t: logits.flatMap((x) => [x, x]) });
    const [row] = tune(truth, scores, initial, { metric: 'accuracy' }).rows;
    expect(row?.metric_after).toBe(11 / 20);
    const found = evaluate(truth, scores, new Map([...initial, ['a', [row?.threshold_after ?? 0]]]));
    expect(found.value('a', 'accuracy')).toBe(11 / 20);
    expect(found.value('a', 'roc_auc')).toBe(1); // ranks need no threshold
  });

  test('random logits, saturated or not: what tuning measures is what the decisions give', () => {
    const logit = fc.oneof(fc.integer({ min: -60, max: 60 }), fc.double({ min: -40, max: 40, noNaN: true }));
    fc.assert(
      fc.property(fc.array(logit, { minLength: count, maxLength: count }), (own) => {
        const scores = scoresOfLogits(count, { a: own, t: own.flatMap((x) => [x, -x]) });
        const tuning = tune(truth, scores, initial);
        const after = evaluate(truth, scores, tuning.thresholds);
        const names = ['f1_score', 'f1_score[x]', 'f1_score[y]'];
        const values = names.map((name, i) => after.value(i === 0 ? 'a' : 't', name));
        expect(tuning.rows.map(({ metric_after }) => metric_after)).toEqual(values);
      }),
      { numRuns: 100 },
    );
  });
});

test('a gate behind a gate that is known to be closed is measured on those rows, too', () => {
  const chain = bench({ a: binary(), b: binary(), c: binary() }, ['a', ['b', not(ask('a'))], ['c', ask('b')]]);
  const truth = datasetOf(chain, [
    { a: true, b: null, c: null }, // c is known not to apply, and the predictions let it in
    { a: false, b: true, c: true },
    { a: false, b: null, c: true }, // nobody knows
  ]);
  const scores = scoresOfLogits(3, { a: [-1, -1, -1], b: [1, 1, 1], c: [1, 1, 1] });
  const { rows } = evaluate(truth, scores, initialThresholds(chain.flow.tasks));
  const gate = (path: string) =>
    rows
      .filter((row) => row.task_path === path && row.metric_name.startsWith('gate'))
      .map(({ metric_name, metric_res, num_samples }) => [metric_name, metric_res, num_samples]);
  expect(gate('b')).toEqual([
    ['gate_recall', 1, 2],
    ['gate_precision', 2 / 3, 3],
  ]);
  expect(gate('c')).toEqual([
    ['gate_recall', 1, 1],
    ['gate_precision', 1 / 2, 2],
  ]);
});

test('a decoder that forgets values is named', () => {
  const wrong = bench({ a: { ...binary(), decode: () => new Float64Array(1) } }, ['a']);
  expect(() => decide(wrong.layout, scoresOfLogits(2, { a: [1, 2] }), initialThresholds(wrong.flow.tasks))).toThrow(
    'INVALID_KIND at a.decode',
  );
});

test('a regression has no probability; its predictions are in the units of its labels', () => {
  const kind = regression({ standardise: { mean: 30_000, deviation: 500 } });
  expect(kind.probability(Float32Array.of(0.4), 0)).toBeNull();
  expect([...kind.decode({ rows: 1, logits: Float32Array.of(2), activated: Float32Array.of(2) }, [])]).toEqual([
    31_000,
  ]);
});

test('a task without a condition is measured once for both views', () => {
  let started = 0;
  const counting: Metric = {
    name: 'n',
    direction: 'maximise',
    start: () => {
      started++;
      return { add: () => {}, results: () => [{ name: 'n', value: 1 }] };
    },
  };
  const kind = { ...classification({ classes: ['a', 'b'] }), metrics: [counting] };
  const both = bench({ free: kind, bound: kind }, ['free', ['bound', ask('free', 'is', 'a' satisfies Json)]]);
  const scores = scoresOfLogits(1, { free: [1, 0], bound: [1, 0] });
  const evaluation = evaluate(datasetOf(both, [{ free: 'a', bound: 'a' }]), scores, new Map());
  expect(started).toBe(3);
  expect(evaluation.rows.filter(({ metric_name }) => metric_name === 'n').map(({ view }) => view)).toEqual([
    'given_truth',
    'end_to_end',
    'given_truth',
    'end_to_end',
  ]);
});
