/** @file What the quality bench says of what it measured: the comparisons, the terminal's table, the page. */
import { binary, regression, Table, vector } from 'headgate';
import { expect, test } from 'vitest';
import type { QualityCase } from '../../bench/quality/case.js';
import { qualityPage } from '../../bench/quality/document.js';
import { type Contestant, completeRecords, type Measured } from '../../bench/quality/records.js';
import { findingsOf, terminalTable } from '../../bench/quality/report.js';

const quality: QualityCase = {
  name: 'doors',
  title: 'doors by their size',
  inputs: { door: vector({ columns: ['x'] }) },
  tasks: { open: { kind: binary(), metric: 'roc_auc' }, width: { kind: regression(), metric: 'r2' } },
  shares: { train: 0.5, test: 0.5 },
  read: () => Promise.resolve(Table.fromRecords([])),
};

const measured = (contestant: Contestant, open: readonly number[], width: readonly (number | null)[]): Measured[] =>
  open.map((value, i) => ({
    case: 'doors',
    setting: 'full',
    seed: i + 1,
    contestant,
    scores: { open: value, width: width[i] ?? null },
  }));

const records = [
  ...measured('joint', [0.8, 0.9, 0.7], [0.5, 0.6, 0.55]),
  ...measured('single', [0.85, 0.96, 0.75], [0.1, 0.2, null]),
  ...measured('linear', [0.5, 0.5, 0.5], [0.9, 0.1, 0.5]),
  ...measured('trees', [0.6, 0.6, 0.6], [0.2, 0.1, 0.5]),
];
const findings = findingsOf(quality, 'full', [...records].reverse()); // their order says nothing

test('scores are paired by seed, and the better of scikit-learn is that with the greater mean', () => {
  const [open, width] = findings;
  expect([open?.betterSklearn, width?.betterSklearn]).toEqual(['trees', 'linear']);
  expect(open?.ahead.single?.mean).toBeCloseTo((-0.05 - 0.06 - 0.05) / 3, 12);
  expect(open?.ahead.sklearn?.mean).toBeCloseTo(0.2, 12);
  expect(width?.ahead.single).toMatchObject({ mean: expect.closeTo(0.4, 12), count: 2 });
  expect([open?.scores.torch, open?.ahead.torch]).toEqual([null, null]);
});

test('the table of a terminal has 80 columns at most, and marks clear differences', () => {
  const text = terminalTable(findings);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toMatch(/open\s+0\.800 ±0\.248 < -0\.053 ±0\.014/);
  expect(text).toMatch(/width\s+0\.550 ±0\.124/);
});

test('the page says first what is worse', () => {
  const page = qualityPage({ findings, cases: [quality], absent: ['wine'], peers: null, command: 'npm run quality' });
  const headings = page.split('\n').filter((line) => line.startsWith('## '));
  expect(headings.slice(0, 2)).toEqual(['## Where it is worse', '## Where it is better']);
  const [, worse, better] = page.split('\n## ');
  expect(worse).toContain('| doors | all labels | open | roc_auc | a network for each task | -0.053 ±0.014 |');
  expect(worse).not.toContain('width');
  expect(better).toContain('| doors | all labels | width | r2 | a network for each task | 0.400 ±0.000 |');
  expect(page).toContain('| a network for each task | 2 | 1 | 0 | 1 |');
  expect(page).toContain('| the same by hand in PyTorch | 0 | 0 | 0 | 0 |');
  expect(page).toContain('Not measured in this run: wine.');
});

test('a contestant that lacks a seed is left out', () => {
  const some = records.filter(({ contestant, seed }) => contestant !== 'trees' || seed !== 2);
  const complete = completeRecords(some, [1, 2, 3]);
  expect(new Set(complete.map(({ contestant }) => contestant))).toEqual(new Set(['joint', 'single', 'linear']));
  expect(completeRecords(records, [1, 2]).map(({ seed }) => seed)).not.toContain(3);
  expect(completeRecords(records, [1, 2, 3, 4])).toEqual([]);
});
