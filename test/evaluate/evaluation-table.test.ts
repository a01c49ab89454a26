import { describe, expect, test, vi } from 'vitest';
import { confusions } from '../../src/evaluate/confusion-matrix.js';
import { evaluate } from '../../src/evaluate/evaluation.js';
import {
  type EvaluatedTask,
  type EvaluationRow,
  evaluationTable,
  type PrintOptions,
} from '../../src/evaluate/evaluation-table.js';
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

describe('a table of rows made by hand', () => {
  const row = (own: Partial<EvaluationRow> = {}): EvaluationRow => ({
    task_path: 't',
    metric_name: 'accuracy',
    metric_res: 0.5,
    num_samples: 4,
    view: 'given_truth',
    ...own,
  });
  const task = (path: string, rows: readonly EvaluationRow[], own: Partial<EvaluatedTask> = {}): EvaluatedTask => ({
    path,
    neverTrained: false,
    rows,
    perClass: new Set(),
    notes: [],
    confusion: null,
    ...own,
  });
  const lines = (tasks: readonly EvaluatedTask[], options?: PrintOptions): string[] =>
    evaluationTable(tasks).toString(options).split('\n');

  test('names take 12 columns at least, and what two views, or one, leave of a terminal at most', () => {
    expect(lines([task('t', [row({ metric_name: 'f' })])])).toEqual([
      '              given truth   rows   end to end   rows',
      't',
      '  f                0.5000      4',
    ]);
    // a name of 10 columns and its indent fill them; one of 11 makes them one wider
    const wide = (length: number, view?: 'given_truth'): string | undefined =>
      lines([task('t', [row({ metric_name: 'm'.repeat(length) })])], view && { view })[2];
    expect(wide(9)).toBe('  mmmmmmmmm        0.5000      4');
    expect(wide(10)).toBe('  mmmmmmmmmm        0.5000      4');
    expect(wide(37)).toHaveLength(40 + 20);
    expect(wide(38)).toBe(`  ${'m'.repeat(18)}…${'m'.repeat(18)}        0.5000      4`);
    expect(wide(57, 'given_truth')).toHaveLength(80);
    expect(wide(58, 'given_truth')).toContain('…');
  });

  test('an evaluation of nothing is its heading', () => {
    expect(lines([])).toEqual(['              given truth   rows   end to end   rows']);
  });

  test('a metric of one view alone has a blank place in the other', () => {
    const rows = [
      row({ metric_name: 'gate', view: 'end_to_end' }),
      row({ metric_name: 'both' }),
      row({ metric_name: 'both', view: 'end_to_end' }),
    ];
    expect(lines([task('t', rows)]).slice(2)).toEqual([
      `  gate${' '.repeat(33)}0.5000      4`,
      '  both             0.5000      4       0.5000      4',
    ]);
    expect(lines([task('t', rows)], { view: 'given_truth' }).slice(2)).toEqual(['  both             0.5000      4']);
  });

  test.each([
    [30, false],
    [31, true],
  ])('%d lines of single classes are hidden unless asked for: %s', (count, isHidden) => {
    const rows = Array.from({ length: count }, (_, i) => row({ metric_name: `recall[${i}]` }));
    const own = [task('t', [row(), ...rows], { perClass: new Set(rows) })];
    const more = `  … ${count} more for single classes: print({ classes: 'all' })`;
    expect(lines(own)).toHaveLength(3 + (isHidden ? 1 : count));
    expect(lines(own).at(-1) === more).toBe(isHidden);
    expect(lines(own, { classes: 'all' })).toHaveLength(3 + count);
    expect(lines(own, { classes: 'none' }).slice(3)).toEqual([more]);
    expect(lines([task('t', [row()])], { classes: 'none' })).toHaveLength(3);
  });

  test('of a task that there is not: the first ten', () => {
    const many = (count: number) => evaluationTable(Array.from({ length: count }, (_, i) => task(`t${i}`, [])));
    const expected = (count: number): unknown => {
      try {
        return many(count).value('none', 'accuracy');
      } catch (error) {
        return (error as HeadgateError).expected;
      }
    };
    const ten = 'one of: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9';
    expect([expected(10), expected(11)]).toEqual([ten, `${ten}, …`]);
  });

  test('a metric that there is not in a view: those that there are, each once', () => {
    const rows = [
      row({ metric_name: 'a' }),
      row({ metric_name: 'a', view: 'end_to_end' }),
      row({ metric_name: 'b', view: 'end_to_end' }),
    ];
    const value = (view?: 'given_truth' | 'end_to_end') => () =>
      evaluationTable([task('t', rows)]).value('t', 'c', view);
    expect(value()).toThrow(expect.objectContaining({ code: 'UNKNOWN_METRIC', path: 't.c', expected: 'one of: a, b' }));
    expect(value('given_truth')).toThrow(expect.objectContaining({ expected: 'one of: a' }));
  });

  test('confusion: of the view that is asked for; of one that was not evaluated, an error', () => {
    const found = confusions([]);
    const asked: string[] = [];
    const own = evaluationTable([
      task('t', [], {
        confusion: (view) => {
          asked.push(view);
          return view === 'given_truth' ? found : null;
        },
      }),
    ]);
    expect(own.confusion('t')).toBe(found);
    expect(() => own.confusion('t', 'end_to_end')).toThrow('The view end_to_end was not evaluated.');
    expect(asked).toEqual(['given_truth', 'end_to_end']);
  });
});
