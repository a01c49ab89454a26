/** @file Which labels the settings of the quality bench hide, and which of those left count. */
import { binary, regression, Table, vector } from 'headgate';
import { expect, test } from 'vitest';
import type { QualityCase } from '../../bench/quality/case.js';
import { partsOf } from '../../bench/quality/measure.js';
import { countedLabels, hideLabels } from '../../bench/quality/settings.js';

const tasks: QualityCase['tasks'] = {
  open: { kind: binary(), metric: 'roc_auc' },
  locked: { kind: binary(), metric: 'roc_auc', given: { task: 'open', holds: false } },
  width: { kind: regression(), metric: 'r2' },
};
const ROWS = 3000;
const table = Table.fromColumns({
  x: Array.from({ length: ROWS }, (_, row) => row),
  open: Array.from({ length: ROWS }, (_, row) => row % 3 === 0),
  locked: Array.from({ length: ROWS }, (_, row) => row % 2 === 0),
  width: Array.from({ length: ROWS }, (_, row) => row / ROWS),
});
const names = Object.keys(tasks);
const known = (given: Table, name: string): boolean[] =>
  Array.from({ length: given.rows }, (_, row) => given.value(row, name) !== null);
const share = (marks: readonly boolean[]): number => marks.filter(Boolean).length / marks.length;

test.each([
  ['full', 1],
  ['half', 0.5],
  ['tenth', 0.1],
] as const)('%s leaves each label with a probability of %f, each for itself', (setting, kept) => {
  const hidden = hideLabels(table, tasks, setting, 1);
  const marks = names.map((name) => known(hidden, name));
  for (const own of marks) expect(share(own)).toBeCloseTo(kept, 1);
  const both = marks[0]?.map((mark, row) => mark && marks[1]?.[row] === true) ?? [];
  expect(share(both)).toBeCloseTo(kept * kept, 1);
});

test('what is left is what was there, and the inputs stay', () => {
  const hidden = hideLabels(table, tasks, 'half', 1);
  for (let row = 0; row < ROWS; row++) {
    expect(hidden.value(row, 'x')).toBe(row);
    const width = hidden.value(row, 'width');
    if (width !== null) expect(width).toBe(table.value(row, 'width'));
  }
});

test('with one task a row each task has as many, and a condition stays with what rests on it', () => {
  const hidden = hideLabels(table, tasks, 'one', 1);
  const patterns = Array.from({ length: ROWS }, (_, row) =>
    names.filter((name) => hidden.value(row, name) !== null).join(' '),
  );
  const counts = new Map([...new Set(patterns)].map((one) => [one, patterns.filter((other) => other === one).length]));
  expect(Object.fromEntries(counts)).toEqual({ open: 1000, 'open locked': 1000, width: 1000 });
});

test('another seed hides others, the same seed the same', () => {
  const hiddenBy = (seed: number): string => known(hideLabels(table, tasks, 'half', seed), 'open').join();
  expect(hiddenBy(1)).toBe(hiddenBy(1));
  expect(hiddenBy(1)).not.toBe(hiddenBy(2));
});

test('a label counts where its condition is known to hold', () => {
  const few = Table.fromRecords([
    { open: false, locked: true, width: 1 },
    { open: true, locked: true, width: null },
    { open: null, locked: false, width: 3 },
    { open: false, locked: null, width: 4 },
  ]);
  expect(countedLabels(few, tasks, 'locked')).toEqual([true, null, null, null]);
  expect(countedLabels(few, tasks, 'open')).toEqual([false, true, null, false]);
  expect(countedLabels(few, tasks, 'width')).toEqual([1, null, 3, 4]);
});

test('test labels are never hidden, and no row is in both parts', () => {
  const quality: QualityCase = {
    name: 'doors',
    title: 'doors',
    inputs: { door: vector({ columns: ['x'] }) },
    tasks,
    shares: { train: 0.5, test: 0.25 },
    read: () => Promise.resolve(table),
  };
  const { train, test: held } = partsOf(quality, table, 'tenth', 1);
  expect([train.rows, held.rows]).toEqual([1500, 750]);
  for (const name of names) expect(share(known(held, name))).toBe(1);
  expect(share(known(train, 'open'))).toBeLessThan(0.2);
  expect(new Set([...train.ids, ...held.ids]).size).toBe(2250);
});
