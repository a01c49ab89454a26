import { expect, test, vi } from 'vitest';
import { evaluate } from '../../src/evaluate/evaluation.js';
import { formatNumber, toCsv, toMarkdown } from '../../src/evaluate/text-table.js';
import { binary, boundedRegression, HeadgateError } from '../../src/index.js';
import { initialThresholds } from '../../src/score/scores.js';
import { shorten } from '../../src/text.js';
import { ask, bench, datasetOf, goldenBench, goldenDataset, goldenScores, scoresFrom } from './flows.js';

const small = bench({ open: binary(), x: boundedRegression({ min: 0, max: 10 }) }, ['open', ['x', ask('open')]]);
const dataset = datasetOf(small, [
  { open: true, x: 2 },
  { open: false, x: null },
  { open: true, x: 7 },
]);
const scores = scoresFrom(3, { open: [[0.9], [0.8], [0.1]], x: [[0.25], [0.5], [0.75]] });
const evaluation = evaluate(dataset, scores, initialThresholds(small.flow.tasks));
const wide = evaluate(goldenDataset, goldenScores, initialThresholds(goldenBench.flow.tasks));

test('the table: tasks in flow order, the views of a metric side by side', () => {
  expect(evaluation.toString()).toMatchInlineSnapshot(`
    "                                   given truth   rows   end to end   rows
    open
      accuracy                              0.3333      3       0.3333      3
      f1_score                              0.5000      3       0.5000      3
      precision                             0.5000      3       0.5000      3
      recall                                0.5000      3       0.5000      3
      roc_auc                               0.5000      3       0.5000      3
      average_precision                     0.8333      3       0.8333      3
    x
      mean_absolute_error                   0.5000      2       0.5000      1
      root_mean_squared_error               0.5000      2       0.5000      1
      r2                                    0.9600      2            –      1
      normalised_mean_absolute_error        0.0500      2       0.0500      1
      gate_recall                                               0.5000      2
      gate_precision                                            0.5000      2"
  `);
});

test('one view alone', () => {
  expect(evaluation.toString({ view: 'end_to_end' })).toMatchInlineSnapshot(`
    "                                    end to end   rows
    open
      accuracy                              0.3333      3
      f1_score                              0.5000      3
      precision                             0.5000      3
      recall                                0.5000      3
      roc_auc                               0.5000      3
      average_precision                     0.8333      3
    x
      mean_absolute_error                   0.5000      1
      root_mean_squared_error               0.5000      1
      r2                                         –      1
      normalised_mean_absolute_error        0.0500      1
      gate_recall                           0.5000      2
      gate_precision                        0.5000      2"
  `);
});

test('no line is wider than a terminal, however long the names', () => {
  const name = 'aTaskWithANameThatIsSoLongThatNobodyWouldEverWriteItOutInFullOnASingleLineOfText';
  const long = bench({ [name]: binary() }, [{ name: 'aFlow', members: [name] }]);
  const table = evaluate(
    datasetOf(long, [{ [`aFlow.${name}`]: true }]),
    scoresFrom(1, { [`aFlow.${name}`]: [[0.9]] }),
    initialThresholds(long.flow.tasks),
  );
  for (const text of [table.toString(), wide.toString(), wide.toString({ view: 'given_truth' })]) {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  }
  expect(table.toString().split('\n')[1]).toMatch(/^aFlow\.aTaskWith.*….*SingleLineOfText$/);
});

test('print writes the same text', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  evaluation.print({ view: 'given_truth' });
  expect(log.mock.calls).toEqual([[evaluation.toString({ view: 'given_truth' })]]);
  log.mockRestore();
});

test('rows are in flow order, metric order, view order, and frozen', () => {
  const rows = wide.rows.filter((row) => !row.metric_name.startsWith('gate'));
  expect([...new Set(rows.map((row) => row.task_path))]).toEqual(goldenBench.flow.tasks.map((task) => task.path));
  expect(rows.slice(0, 4).map((row) => [row.metric_name, row.view])).toEqual([
    ['accuracy', 'given_truth'],
    ['accuracy', 'end_to_end'],
    ['f1_score', 'given_truth'],
    ['f1_score', 'end_to_end'],
  ]);
  expect([wide, wide.rows, wide.rows[0]].every(Object.isFrozen)).toBe(true);
  const records = wide.toRecords();
  expect(records).toEqual(wide.rows);
  expect(Object.isFrozen(records[0])).toBe(false);
});

test('CSV: dnn_cool’s columns, then the view; every digit', () => {
  const lines = evaluation.toCsv().split('\n');
  expect(lines[0]).toBe('task_path,metric_name,metric_res,num_samples,view');
  expect(lines[1]).toBe(`open,accuracy,${1 / 3},3,given_truth`);
  expect(lines.at(-1)).toBe('');
  expect(lines.length).toBe(evaluation.rows.length + 2);
  expect(toCsv(['a'], [['x,"y"'], ['l\nm'], [null], [-0.5]])).toBe('a\n"x,""y"""\n"l\nm"\n\n-0.5\n');
});

test('danfo: the same columns and rows, NaN where a value is not defined', async () => {
  const frame = await evaluation.toDanfo();
  expect(frame.columns).toEqual(['task_path', 'metric_name', 'metric_res', 'num_samples', 'view']);
  expect(frame.shape).toEqual([evaluation.rows.length, 5]);
  expect(frame.values[0]).toEqual(['open', 'accuracy', 1 / 3, 3, 'given_truth']);
  const r2 = evaluation.rows.findIndex((row) => row.metric_name === 'r2' && row.view === 'end_to_end');
  expect(frame.values[r2]).toEqual(['x', 'r2', Number.NaN, 1, 'end_to_end']);
});

test('Markdown', () => {
  const lines = evaluation.toMarkdown().split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '| task_path | metric_name | metric_res | num_samples | view |',
    '| --- | --- | --- | --- | --- |',
    '| open | accuracy | 0.3333 | 3 | given_truth |',
  ]);
  expect(toMarkdown(['a'], [['x|y\\z']])).toBe('| a |\n| --- |\n| x\\|y\\\\z |\n');
});

test('one value, and did-you-mean', () => {
  expect(evaluation.value('open', 'accuracy')).toBe(1 / 3);
  expect(evaluation.value('x', 'mean_absolute_error')).toBe(0.5);
  expect(evaluation.value('x', 'mean_absolute_error', 'end_to_end')).toBe(0.5);
  expect(evaluation.value('x', 'gate_recall')).toBe(0.5);
  const thrown = (run: () => unknown): HeadgateError => {
    try {
      run();
    } catch (error) {
      if (error instanceof HeadgateError) return error;
    }
    throw new Error('nothing thrown');
  };
  expect(thrown(() => evaluation.value('opne', 'accuracy'))).toMatchObject({
    code: 'UNKNOWN_TASK',
    suggestion: 'open',
  });
  expect(thrown(() => evaluation.value('open', 'acuracy'))).toMatchObject({
    code: 'UNKNOWN_METRIC',
    suggestion: 'accuracy',
  });
  expect(thrown(() => evaluation.value('x', 'gate_recall', 'given_truth')).code).toBe('UNKNOWN_METRIC');
  const wrong = { code: 'INVALID_OPTIONS', received: '"both"' };
  expect(thrown(() => evaluation.value('x', 'gate_recall', 'both' as never))).toMatchObject(wrong);
  expect(thrown(() => evaluation.confusion('open', 'both' as never))).toMatchObject(wrong);
  expect(thrown(() => evaluation.value(undefined as never, 'accuracy'))).toMatchObject({ code: 'UNKNOWN_TASK' });
  expect(thrown(() => evaluation.value('x', undefined as never))).toMatchObject({ code: 'UNKNOWN_METRIC' });
  expect(thrown(() => evaluation.confusion('x')).code).toBe('NO_CONFUSION');
  expect(thrown(() => evaluation.confusion('__proto__')).code).toBe('UNKNOWN_TASK');
});

test('confusion matrices of both views', () => {
  expect(evaluation.confusion('open')).toMatchObject([
    {
      name: null,
      classes: ['false', 'true'],
      counts: [
        [0, 1],
        [1, 1],
      ],
    },
  ]);
  expect(wide.confusion('person', 'end_to_end')[0]?.counts).toEqual([
    [0, 2],
    [0, 4],
  ]);
});

test.each([
  [1e-4, '0.0001'],
  [9.99e-5, '9.990e-5'],
  [-1e-4, '-0.0001'],
  [-9.99e-5, '-9.990e-5'],
  [999_999, '999999.0000'],
  [1e6, '1.000e+6'],
  [-999_999, '-999999.0000'],
  [-1e6, '-1.000e+6'],
  [0, '0.0000'],
])('at the edge of powers of ten, %d is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('numbers', () => {
  expect([0, 1, -0.12345, 123456, 1e6, 1.5e-5, null].map(formatNumber)).toEqual([
    '0.0000',
    '1.0000',
    '-0.1235',
    '123456.0000',
    '1.000e+6',
    '1.500e-5',
    '–',
  ]);
  expect([shorten('abcdef', 6), shorten('abcdef', 5), shorten('abcdef', 4)]).toEqual(['abcdef', 'ab…ef', 'ab…f']);
});
