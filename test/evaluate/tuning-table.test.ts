import { expect, test } from 'vitest';
import { NO_ROWS, type TunedDecision, tuningTable } from '../../src/evaluate/tuning-table.js';

const decision = (changes: Partial<TunedDecision> = {}): TunedDecision => ({
  task_path: 'open',
  decision: null,
  metric_name: 'f1_score',
  threshold_before: 0.5,
  threshold_after: 0.5,
  metric_before: 0.7,
  metric_after: 0.7,
  gain: 0.1,
  cross_fitted_gain: 0.02,
  standard_error: 0.05,
  num_samples: 100,
  num_positives: 50,
  moved: false,
  why: 'kept: no good',
  ...changes,
});
const moved = { threshold_after: 0.3, metric_after: 0.8, moved: true, why: 'moved' };
const notesOf = (...rows: readonly Partial<TunedDecision>[]) =>
  tuningTable(rows.map(decision)).notes.map(({ code, path, text }) => [code, path, text]);
/** The lines below the heads. */
const linesOf = (row: Partial<TunedDecision>) =>
  tuningTable([decision(row)])
    .toString()
    .split('\n')
    .slice(3);

test('fewer than 30 labels on either side are few: one note a task, with the decisions and the least', () => {
  expect(notesOf({}, { num_samples: 60, num_positives: 30 })).toEqual([]);
  expect(notesOf({ num_positives: 29 })).toEqual([
    [
      'FEW_LABELS',
      'open',
      'Its threshold: tuned on fewer than 30 positive or negative labels (29 at the least), so that what is gained here may be chance.',
    ],
  ]);
  expect(
    notesOf(
      { task_path: 'traits', decision: 'hat', num_positives: 95 },
      { task_path: 'traits', decision: 'bag' },
      { task_path: 'traits', decision: 'scarf', num_positives: 3, ...moved },
    ),
  ).toEqual([['FEW_LABELS', 'traits', expect.stringMatching(/^The thresholds of hat, scarf: .* \(3 at the least\)/)]]);
});

test('labels of one side, and none, are no few labels', () => {
  const none = { num_samples: 0, num_positives: 0, metric_before: null, metric_after: null, gain: null };
  expect(notesOf({ num_positives: 0, why: 'kept: one side' })).toEqual([
    ['UNSURE_THRESHOLD', 'open', 'Its threshold: kept: one side.'],
  ]);
  expect(notesOf({ ...none, why: `kept: ${NO_ROWS}` })).toEqual([]); // the task's labels have a note
  expect(notesOf({ ...none, why: 'kept: too many' })).toEqual([
    ['UNSURE_THRESHOLD', 'open', 'Its threshold: kept: too many.'],
  ]);
});

test('a gain that did not hold is said in the table, not in a note; what the numbers say is not said twice', () => {
  expect(notesOf({})).toEqual([]);
  expect(linesOf({})).toEqual([
    '  threshold           0.5000   0.5000   0.7000   0.7000   0.1000   0.0200    100',
    '    kept: no good',
  ]);
  expect(linesOf(moved)).toHaveLength(1);
  expect(linesOf({ gain: 0, cross_fitted_gain: null, why: 'kept: no threshold is better' })).toHaveLength(1);
  expect(linesOf({ ...moved, num_positives: 100, why: 'every label is positive' })).toHaveLength(2);
});

test('negative costs with powers of ten stay within 80 columns', () => {
  const [line = ''] = linesOf({ ...moved, metric_before: -1.25e-7, metric_after: -9.5e-8, gain: 3e-8 });
  expect(line.length).toBeLessThanOrEqual(80);
  expect(line).toContain('-1.250e-7');
});
