import { expect, test } from 'vitest';
import { decode } from '../../src/evaluate/decode.js';
import { evaluate } from '../../src/evaluate/evaluation.js';
import { decodedGates } from '../../src/evaluate/gates.js';
import { binary, classification, type Metric, multilabel, regression } from '../../src/index.js';
import { initialThresholds } from '../../src/score/scores.js';
import {
  ask,
  bench,
  datasetOf,
  type Golden,
  golden,
  goldenBench,
  goldenDataset,
  goldenScores,
  not,
  scoresFrom,
} from './flows.js';

const initial = initialThresholds(goldenBench.flow.tasks);

test('gates from decoded values open where dnn_cool’s do', () => {
  const decoded = decode(goldenBench.layout, goldenScores, initial);
  const gates = decodedGates(goldenBench.layout, decoded);
  for (const [path, expected] of Object.entries(golden.decoded_masks)) {
    expect([path, golden.logits12.map((_, row) => (gates.isOpen(path, row) ? 1 : 0))]).toEqual([path, expected]);
  }
});

test('a gate has an answer for each row and no more', () => {
  const gates = decodedGates(goldenBench.layout, decode(goldenBench.layout, goldenScores, initial));
  for (const { path } of goldenBench.flow.tasks) expect(gates.ofTask(path)).toHaveLength(10);
});

// dnn_cool prints precision under "recall" and the other way round; its error is in units of the [0, 1] label; its
// class metrics are micro averages, which equal accuracy, and are not compared here
const ourName: Readonly<Record<string, string>> = { accuracy_1: 'accuracy', precision: 'recall', recall: 'precision' };

function compare(evaluation: ReturnType<typeof evaluate>, rows: Golden['evaluation']): number {
  let compared = 0;
  for (const { task_path, metric_name, metric_res, num_samples } of rows) {
    if (task_path === 'person_flow.shirt' && metric_name !== 'accuracy_1') continue;
    const scale = metric_name === 'mean_absolute_error' ? 64 : 1;
    const name = ourName[metric_name] ?? metric_name;
    const row = evaluation.rows.find((one) => one.task_path === task_path && one.metric_name === name);
    expect([task_path, name, row?.view, row?.num_samples]).toEqual([task_path, name, 'given_truth', num_samples]);
    expect(row?.metric_res).toBeCloseTo(metric_res * scale, 5);
    compared++;
  }
  return compared;
}

test('given truth, the numbers are dnn_cool’s, precision and recall the right way round', () => {
  const evaluation = evaluate(goldenDataset, goldenScores, initial);
  expect(compare(evaluation, golden.evaluation)).toBe(19);
  expect(evaluation.value('blocked', 'precision')).toBe(0.5);
  expect(evaluation.value('blocked', 'recall')).toBe(1);
});

test('given truth, the numbers at dnn_cool’s tuned thresholds are dnn_cool’s', () => {
  const tuned = new Map(initial);
  for (const [path, { threshold, thresholds }] of Object.entries(golden.tuned_head)) {
    if (threshold !== undefined) tuned.set(path, [threshold]);
    if (thresholds) tuned.set(path, thresholds);
  }
  expect(compare(evaluate(goldenDataset, goldenScores, tuned), golden.evaluation_tuned)).toBe(19);
});

test('end to end, rows count where the decoded gate is open and the label is there', () => {
  const evaluation = evaluate(goldenDataset, goldenScores, initial);
  const rows = (path: string, metric: string) =>
    evaluation.rows.find((row) => row.task_path === path && row.metric_name === metric && row.view === 'end_to_end');
  // blocked: all rows with a label. open: decoded 1,3-9, labelled 1-8 of them. person: decoded 1,4,5,7,8,9
  expect(rows('blocked', 'accuracy')).toMatchObject({ metric_res: 8 / 9, num_samples: 9 });
  // labels of open at 1,3,4,5,6,7,8: 0 0 1 1 1 1 1; decoded: 1 0 1 1 0 1 1
  expect(rows('open', 'accuracy')).toMatchObject({ metric_res: 5 / 7, num_samples: 7 });
  expect(rows('locked', 'accuracy')).toMatchObject({ metric_res: null, num_samples: 0 });
  // labels of person at 1,4,5,7,8,9: 0 0 1 1 1 1; all decoded true
  expect(rows('person', 'accuracy')).toMatchObject({ metric_res: 4 / 6, num_samples: 6 });
  expect(rows('person', 'recall')?.metric_res).toBe(1);
});

test('gate recall and precision compare the decoded gate with the known truth', () => {
  const evaluation = evaluate(goldenDataset, goldenScores, initial);
  const gate = (path: string) =>
    ['gate_recall', 'gate_precision'].map((name) => {
      const row = evaluation.rows.find((one) => one.task_path === path && one.metric_name === name);
      return [row?.metric_res, row?.num_samples, row?.view];
    });
  // open given not blocked: true on 1-7 and 9, false on 0, unknown on 8; decoded open on 1,3-9
  expect(gate('open')).toEqual([
    [7 / 8, 8, 'end_to_end'],
    [1, 7, 'end_to_end'],
  ]);
  // locked given not open: true on 1,2,3, false on 4-7, unknown on 0,8,9; decoded 3,6
  expect(gate('locked')).toEqual([
    [1 / 3, 3, 'end_to_end'],
    [1 / 2, 2, 'end_to_end'],
  ]);
  expect(evaluation.rows.some((row) => row.task_path === 'blocked' && row.metric_name.startsWith('gate'))).toBe(false);
});

const nobody = bench(
  {
    open: binary(),
    age: regression(),
    shirt: classification({ classes: ['a', 'b'] }),
    traits: multilabel({ classes: ['t', 'u'] }),
  },
  ['open', ['age', ask('open')], ['shirt', ask('open')], ['traits', not(ask('open'))]],
);
const nobodyScores = scoresFrom(2, {
  open: [[0.1], [0.2]],
  age: [[0.5], [0.5]],
  shirt: [
    [0.9, 0.1],
    [0.9, 0.1],
  ],
  traits: [
    [0.9, 0.1],
    [0.9, 0.1],
  ],
});

test('without rows every metric is there, with no value and no samples, and nothing is NaN', () => {
  const dataset = datasetOf(nobody, [
    { open: false, age: 3, shirt: 'a', traits: null },
    { open: false, age: 4, shirt: 'b', traits: [true, null] },
  ]);
  const evaluation = evaluate(dataset, nobodyScores, initialThresholds(nobody.flow.tasks));
  for (const path of ['age', 'shirt']) {
    const rows = evaluation.rows.filter((row) => row.task_path === path);
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows)
      expect([row.metric_name, row.metric_res, row.num_samples]).toEqual([row.metric_name, null, 0]);
  }
  expect(evaluation.rows.some((row) => Number.isNaN(row.metric_res))).toBe(false);
  // one label of one class: the class without any has a row without samples, others have theirs
  expect(evaluation.value('traits', 'accuracy')).toBe(1);
  expect(evaluation.rows.find((row) => row.metric_name === 'f1_score[u]')).toMatchObject({
    num_samples: 0,
    metric_res: null,
  });
  expect(evaluation.toCsv()).toContain('\nage,mean_absolute_error,,0,given_truth\n');
});

test('a metric from outside that gives NaN is refused where it had rows, and has no value where it had none', () => {
  const nan: Metric = {
    name: 'odd',
    direction: 'maximise',
    start: () => ({ add: () => {}, results: () => [{ name: 'odd', value: Number.NaN }] }),
  };
  const odd = bench({ a: binary(), b: { ...binary(), metrics: [nan] } }, ['a', ['b', ask('a')]]);
  const scores = scoresFrom(1, { a: [[0.9]], b: [[0.9]] });
  const run = (a: boolean, b: boolean | null) =>
    evaluate(datasetOf(odd, [{ a, b }]), scores, initialThresholds(odd.flow.tasks));
  expect(run(true, null).value('b', 'odd')).toBe(null);
  expect(() => run(true, true)).toThrow('INVALID_METRIC at b.odd: The metric gave no finite number.');
});

test('a score that is not finite is refused with its row', () => {
  const scores = scoresFrom(2, { open: [[0.1], [Number.NaN]] });
  expect(() => decode(nobody.layout, scores, initialThresholds(nobody.flow.tasks))).toThrow(
    expect.objectContaining({ code: 'NON_FINITE_SCORE', path: 'open, row 1', received: 'NaN' }),
  );
  expect(() => decode(nobody.layout, scores, initialThresholds(nobody.flow.tasks))).toThrow(
    'NON_FINITE_SCORE at open, row 1',
  );
});

test('scores and thresholds of another flow are refused', () => {
  expect(() => decode(nobody.layout, scoresFrom(1, {}), new Map())).toThrow('MISSING_SCORES at open');
  expect(() => decode(nobody.layout, nobodyScores, new Map())).toThrow('MISSING_THRESHOLDS at open');
});
